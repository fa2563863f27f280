import type { Span } from '../promptFile/locateJson';
import type { Expression, ObjectMember } from './expressionSyntax';

/** Why an expression cannot be read. */
export class ExpressionProblem extends Error {
  readonly span: Span;

  constructor(message: string, span: Span) {
    super(message);
    this.span = span;
  }
}

interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'template' | 'sign' | 'end';
  readonly text: string;
  readonly span: Span;
}

/** Nesting of parentheses, operators and functions. */
const maxDepth = 100;

const precedence: Readonly<Record<string, number>> = {
  '??': 1,
  '||': 2,
  '&&': 3,
  '==': 4,
  '!=': 4,
  '===': 4,
  '!==': 4,
  '<': 5,
  '>': 5,
  '<=': 5,
  '>=': 5,
  in: 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  '**': 8,
};

const signs =
  /=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\*\*|&amp;&amp;|&lt;=|&gt;=|&lt;|&gt;|[-+*/%<>!?:.,()[\]{}]/y;
const decoded: ReadonlyMap<string, string> = new Map([
  ['&amp;&amp;', '&&'],
  ['&lt;=', '<='],
  ['&gt;=', '>='],
  ['&lt;', '<'],
  ['&gt;', '>'],
]);
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', '0': '\0' };

/** @throws ExpressionProblem for what is no expression, and for what needs more of JavaScript than is understood here. */
export function parseExpression(text: string, span: Span): Expression {
  const reader = new Reader(splitTokens(text, span), text);
  const expression = reader.readExpression();
  reader.expectEnd();
  return expression;
}

function splitTokens(text: string, { start, end }: Span): readonly Token[] {
  const tokens: Token[] = [];
  const name = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
  const number = /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+/y;
  for (let at = start; at < end;) {
    const unit = text[at] ?? '';
    if (/\s/.test(unit)) {
      at += 1;
      continue;
    }
    if (unit === '"' || unit === "'" || unit === '`') {
      const close = findQuote(text, { start: at, end });
      const span = { start: at, end: close + 1 };
      tokens.push({ kind: unit === '`' ? 'template' : 'string', text: text.slice(at + 1, close), span });
      at = close + 1;
      continue;
    }
    const matches = (['name', 'number', 'sign'] as const).map((kind) => {
      const pattern = kind === 'name' ? name : kind === 'number' ? number : signs;
      pattern.lastIndex = at;
      return { kind, found: pattern.exec(text)?.[0] };
    });
    const match = matches.find(({ found }) => found !== undefined && at + found.length <= end);
    if (match?.found === undefined) {
      throw new ExpressionProblem(`\`${unit}\` is not understood here`, { start: at, end: at + 1 });
    }
    const written = decoded.get(match.found) ?? match.found;
    tokens.push({ kind: match.kind, text: written, span: { start: at, end: at + match.found.length } });
    at += match.found.length;
  }
  tokens.push({ kind: 'end', text: '', span: { start: end, end } });
  return tokens;
}

function findQuote(text: string, { start, end }: Span): number {
  for (let index = start + 1; index < end; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === text[start]) return index;
  }
  throw new ExpressionProblem('a string is not closed', { start, end });
}

function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^]))/g,
    (_, wide?: string, narrow?: string, unit?: string) => {
      const code = wide ?? narrow;
      return code === undefined ? (escapes[unit ?? ''] ?? unit ?? '') : String.fromCharCode(parseInt(code, 16));
    },
  );
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  expectEnd(): void {
    if (this.#peek().kind !== 'end') this.#refuse();
  }

  readExpression(): Expression {
    this.#depth += 1;
    if (maxDepth < this.#depth) throw new ExpressionProblem('nested too deeply', this.#peek().span);
    const arrow = this.#readFunction();
    const expression = arrow ?? this.#readChoice();
    this.#depth -= 1;
    return expression;
  }

  /** `x => …`, `(x, y) => …` */
  #readFunction(): Expression | null {
    const start = this.#at;
    const params: string[] = [];
    if (this.#peek().kind === 'name') params.push(this.#take().text);
    else if (this.#isSign('(')) {
      this.#take();
      while (this.#peek().kind === 'name') {
        params.push(this.#take().text);
        if (!this.#isSign(',')) break;
        this.#take();
      }
      if (!this.#isSign(')')) {
        this.#at = start;
        return null;
      }
      this.#take();
    } else return null;
    if (!this.#isSign('=>')) {
      this.#at = start;
      return null;
    }
    this.#take();
    const body = this.readExpression();
    return {
      kind: 'function',
      params,
      body,
      span: { start: this.#tokens[start]?.span.start ?? 0, end: body.span.end },
    };
  }

  #readChoice(): Expression {
    const condition = this.#readBinary(0);
    if (!this.#isSign('?')) return condition;
    this.#take();
    const then = this.readExpression();
    this.#expect(':');
    const otherwise = this.readExpression();
    const span = { start: condition.span.start, end: otherwise.span.end };
    return { kind: 'choice', condition, then, otherwise, span };
  }

  #readBinary(least: number): Expression {
    let left = this.#readUnary();
    for (;;) {
      const { kind, text: sign } = this.#peek();
      const level =
        kind === 'sign' || sign === 'in' ? (Object.hasOwn(precedence, sign) ? precedence[sign] : undefined) : undefined;
      if (level === undefined || level <= least) return left;
      this.#take();
      const right = this.#readBinary(sign === '**' ? level - 1 : level);
      left = { kind: 'binary', sign, left, right, span: { start: left.span.start, end: right.span.end } };
    }
  }

  #readUnary(): Expression {
    const { kind, text: sign, span } = this.#peek();
    const isUnary = (kind === 'sign' && (sign === '!' || sign === '-' || sign === '+')) || sign === 'typeof';
    if (!isUnary) return this.#readMembers();
    this.#take();
    this.#depth += 1;
    if (maxDepth < this.#depth) throw new ExpressionProblem('nested too deeply', span);
    const operand = this.#readUnary();
    this.#depth -= 1;
    return { kind: 'unary', sign, operand, span: { start: span.start, end: operand.span.end } };
  }

  #readMembers(): Expression {
    let object = this.#readPrimary();
    for (;;) {
      const start = object.span.start;
      if (this.#isSign('.') || this.#isSign('?.')) {
        this.#take();
        if (this.#isSign('[') || this.#isSign('(')) continue;
        const name = this.#take();
        if (name.kind !== 'name') this.#refuse(name);
        const key: Expression = { kind: 'literal', value: name.text, span: name.span };
        object = { kind: 'member', object, key, span: { start, end: name.span.end } };
      } else if (this.#isSign('[')) {
        this.#take();
        const key = this.readExpression();
        object = { kind: 'member', object, key, span: { start, end: this.#expect(']').span.end } };
      } else if (this.#isSign('(')) {
        this.#take();
        const args = this.#readList(')');
        object = { kind: 'call', callee: object, args, span: { start, end: this.#previousEnd() } };
      } else return object;
    }
  }

  #readPrimary(): Expression {
    const token = this.#take();
    const { span } = token;
    switch (token.kind) {
      case 'number':
        return { kind: 'literal', value: Number(token.text), span };
      case 'string':
        return { kind: 'literal', value: unescape(token.text), span };
      case 'template':
        return this.#readTemplate(token);
      case 'name':
        return this.#readName(token);
      default:
        break;
    }
    if (token.text === '(') {
      const inner = this.readExpression();
      this.#expect(')');
      return inner;
    }
    if (token.text === '[') {
      const items = this.#readList(']');
      return { kind: 'list', items, span: { start: span.start, end: this.#previousEnd() } };
    }
    if (token.text === '{') return this.#readObject(span);
    return this.#refuse(token);
  }

  #readName({ text, span }: Token): Expression {
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', span };
    if (text === 'null') return { kind: 'literal', value: null, span };
    if (text === 'undefined') return { kind: 'literal', value: undefined, span };
    if (/^(new|function|await|async|class|return|delete|void|this)$/.test(text)) {
      throw new ExpressionProblem(`\`${text}\` is not understood here`, span);
    }
    return { kind: 'name', name: text, span };
  }

  /** `…${…}…` */
  #readTemplate({ span }: Token): Expression {
    const parts: Expression[] = [];
    const end = span.end - 1;
    for (let at = span.start + 1; at < end;) {
      const open = this.#text.indexOf('${', at);
      const stop = open < 0 || end <= open ? end : open;
      parts.push({ kind: 'literal', value: unescape(this.#text.slice(at, stop)), span: { start: at, end: stop } });
      if (stop === end) break;
      const close = this.#text.indexOf('}', open);
      if (close < 0 || end < close) throw new ExpressionProblem('`${` is not closed', { start: open, end });
      parts.push(parseExpression(this.#text, { start: open + 2, end: close }));
      at = close + 1;
    }
    return { kind: 'text', parts, span };
  }

  #readList(closing: string): readonly Expression[] {
    const items: Expression[] = [];
    while (!this.#isSign(closing)) {
      items.push(this.readExpression());
      if (!this.#isSign(',')) break;
      this.#take();
    }
    this.#expect(closing);
    return items;
  }

  #readObject({ start }: Span): Expression {
    const members: ObjectMember[] = [];
    while (!this.#isSign('}')) {
      const key = this.#take();
      if (key.kind !== 'name' && key.kind !== 'string' && key.kind !== 'number') this.#refuse(key);
      const name = key.kind === 'string' ? unescape(key.text) : key.text;
      if (this.#isSign(':')) {
        this.#take();
        members.push({ name, value: this.readExpression() });
      } else members.push({ name, value: { kind: 'name', name, span: key.span } });
      if (!this.#isSign(',')) break;
      this.#take();
    }
    return { kind: 'object', members, span: { start, end: this.#expect('}').span.end } };
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)];
  }

  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #isSign(sign: string): boolean {
    const { kind, text } = this.#peek();
    return kind === 'sign' && text === sign;
  }

  #expect(sign: string): Token {
    if (!this.#isSign(sign)) this.#refuse();
    return this.#take();
  }

  #previousEnd(): number {
    return this.#tokens[this.#at - 1]?.span.end ?? 0;
  }

  #refuse({ kind, text, span }: Token = this.#peek()): never {
    throw new ExpressionProblem(
      kind === 'end' ? 'the expression ends too early' : `\`${text}\` is not expected here`,
      span,
    );
  }
}
