import type { Span } from '../promptFile/locateJson';
import type {
  HandlebarsCall,
  HandlebarsExpression,
  HandlebarsLiteral,
  HandlebarsNode,
  HandlebarsPath,
} from './handlebarsSyntax';
import type { PromptProblem } from './promptFile';
import { readHandlebarsTags, type HandlebarsTag } from './readHandlebarsTags';

export interface ParsedHandlebars {
  readonly nodes: readonly HandlebarsNode[];
  readonly problems: readonly PromptProblem[];
}

/** Sections within sections. */
const maxDepth = 100;

/** Of the same file, more problems help nobody. */
const maxProblems = 20;

interface OpenSection {
  readonly tag: HandlebarsTag;
  readonly call: HandlebarsCall;
  readonly params: readonly string[];
  readonly body: HandlebarsNode[];
  inverse: HandlebarsNode[] | null;
  /** `{{^name}}`: what stands first is for the case that there is nothing. */
  readonly isInverted: boolean;
  /** Begun by `{{else if}}`: it ends with the section around it. */
  readonly isChained: boolean;
}

/** A template's tree, in time linear in its length. What is wrong is among the problems, the rest is there nevertheless. */
export function parseHandlebars(text: string): ParsedHandlebars {
  const { tags, rest, unclosed } = readHandlebarsTags(text);
  const problems: PromptProblem[] = [];
  const root: HandlebarsNode[] = [];
  const open: OpenSection[] = [];

  const report = (message: string, span: Span): void => {
    if (problems.length < maxProblems) problems.push({ severity: 'error', message, span });
  };
  const nodesHere = (): HandlebarsNode[] => {
    const section = open.at(-1);
    return section === undefined ? root : (section.inverse ?? section.body);
  };
  const addText = (content: string): void => {
    if (content !== '') nodesHere().push({ kind: 'text', text: content });
  };
  const closeOne = (): void => {
    const section = open.pop();
    if (section === undefined) return;
    const [body, inverse] = [section.body, section.inverse ?? []];
    const halves = section.isInverted ? { body: inverse, inverse: body } : { body, inverse };
    nodesHere().push({
      kind: 'section',
      call: section.call,
      params: section.params,
      span: section.tag.span,
      ...halves,
    });
  };
  const openSection = (tag: HandlebarsTag, isChained: boolean): void => {
    const reader = new ExpressionReader(text, tag.inside);
    const call = reader.readCall();
    const params = reader.readParams();
    if (reader.problem !== null || call === null) report(reader.problem ?? 'a section without a name', tag.span);
    const isInverted = tag.sign === '^' && !isChained;
    open.push({ tag, call: call ?? emptyCall(tag.span), params, body: [], inverse: null, isInverted, isChained });
    if (open.length === maxDepth) report(`sections are nested more than ${maxDepth} deep`, tag.span);
  };

  for (const tag of tags) {
    addText(tag.before);
    if (maxDepth <= open.length && tag.sign === '#') break;
    switch (tag.sign) {
      case '!':
        break;
      case '':
      case '>': {
        const reader = new ExpressionReader(text, tag.inside);
        const call = reader.readCall();
        reader.readEnd();
        if (reader.problem !== null || call === null) report(reader.problem ?? 'a tag without a name', tag.span);
        else if (tag.sign === '') nodesHere().push({ kind: 'output', call, span: tag.span });
        else nodesHere().push({ kind: 'partial', name: nameOf(call), call, indent: tag.indent, span: tag.span });
        break;
      }
      case '#':
      case '^':
        openSection(tag, false);
        break;
      case 'raw':
        addText(tag.content);
        break;
      case 'else': {
        const section = open.at(-1);
        if (section === undefined) report('`else` outside of a section', tag.span);
        else if (section.inverse !== null) report('a second `else` in the same section', tag.span);
        else {
          section.inverse = [];
          if (text.slice(tag.inside.start, tag.inside.end).trim() !== '') openSection(tag, true);
        }
        break;
      }
      case '/': {
        const name = text.slice(tag.inside.start, tag.inside.end).trim();
        while (open.at(-1)?.isChained === true) closeOne();
        const section = open.at(-1);
        if (section === undefined) report(`{{/${name}}} closes nothing`, tag.span);
        else if (nameOf(section.call) === name) closeOne();
        else if (!open.some((each) => nameOf(each.call) === name)) report(`{{/${name}}} closes nothing`, tag.span);
        else {
          report(`{{#${nameOf(section.call)}}} is not closed before {{/${name}}}`, section.tag.span);
          while (open.length > 0 && nameOf(open.at(-1)?.call ?? emptyCall(tag.span)) !== name) closeOne();
          closeOne();
        }
        break;
      }
      case 'unsupported':
        report(`${text.slice(tag.span.start, tag.span.end)} is not supported here`, tag.span);
        break;
    }
  }
  addText(rest);
  if (unclosed !== null) report('a tag that is not closed: `}}` is missing', unclosed);
  for (const { tag, call, isChained } of open) {
    if (!isChained) report(`{{${tag.sign}${nameOf(call)}}} is not closed`, tag.span);
  }
  while (open.length > 0) closeOne();
  return { nodes: root, problems };
}

function emptyCall(span: Span): HandlebarsCall {
  return { kind: 'call', head: { kind: 'literal', value: undefined, span }, args: [], options: [], span };
}

function nameOf({ head }: HandlebarsCall): string {
  return head.kind === 'path' ? head.text : String(head.value);
}

/** Parentheses within parentheses. */
const maxCallDepth = 50;

/** Reads what is between the braces. */
class ExpressionReader {
  problem: string | null = null;
  readonly #text: string;
  readonly #end: number;
  #at: number;
  #depth = 0;

  constructor(text: string, { start, end }: Span) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
  }

  /** A name with its arguments; null: there is none. */
  readCall(): HandlebarsCall | null {
    this.#skipSpace();
    const start = this.#at;
    const head = this.#readExpression();
    if (head === null) return null;
    if (head.kind === 'call') {
      this.problem ??= 'a name is expected before parentheses';
      return null;
    }
    const args: HandlebarsExpression[] = [];
    const options: { name: string; value: HandlebarsExpression }[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#isAtEnd() || this.#peek() === ')' || this.#isAtParams() || this.problem !== null) break;
      const name = this.#readOptionName();
      const value = this.#readExpression();
      if (value === null) break;
      if (name !== null) options.push({ name, value });
      else if (0 < options.length) this.problem ??= 'arguments come before those with names';
      else args.push(value);
    }
    return { kind: 'call', head, args, options, span: { start, end: this.#at } };
  }

  /** `as |item index|` */
  readParams(): readonly string[] {
    this.#skipSpace();
    if (!this.#isAtParams()) {
      this.readEnd();
      return [];
    }
    const match = /as\s+\|([^|]*)\|/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text);
    if (found === null || this.#end < this.#at + found[0].length) {
      this.problem ??= '`as |` is not closed by another `|`';
      return [];
    }
    this.#at += found[0].length;
    this.readEnd();
    return (found[1] ?? '').split(/\s+/).filter((name) => name !== '');
  }

  readEnd(): void {
    this.#skipSpace();
    if (!this.#isAtEnd()) this.problem ??= `\`${this.#peek()}\` is not expected here`;
  }

  #readExpression(): HandlebarsExpression | null {
    this.#skipSpace();
    const start = this.#at;
    const first = this.#peek();
    if (first === '(') return this.#readNested();
    if (first === '"' || first === "'") return this.#readString(first);
    const number = this.#match(/-?\d+(?:\.\d+)?(?=[\s)}~|]|$)/y);
    if (number !== null) return { kind: 'literal', value: Number(number), span: { start, end: this.#at } };
    return this.#readPath();
  }

  #readNested(): HandlebarsExpression | null {
    this.#depth += 1;
    if (maxCallDepth < this.#depth) {
      this.problem ??= `parentheses are nested more than ${maxCallDepth} deep`;
      return null;
    }
    this.#at += 1;
    const call = this.readCall();
    this.#depth -= 1;
    this.#skipSpace();
    if (this.#peek() !== ')') {
      this.problem ??= 'a parenthesis is not closed';
      return null;
    }
    this.#at += 1;
    return call;
  }

  #readString(quote: string): HandlebarsLiteral | null {
    const start = this.#at;
    let value = '';
    for (let index = start + 1; index < this.#end; index += 1) {
      const unit = this.#text[index] ?? '';
      if (unit === '\\' && this.#text[index + 1] === quote) {
        value += quote;
        index += 1;
      } else if (unit === quote) {
        this.#at = index + 1;
        return { kind: 'literal', value, span: { start, end: this.#at } };
      } else value += unit;
    }
    this.problem ??= 'a string is not closed';
    this.#at = this.#end;
    return null;
  }

  #readPath(): HandlebarsPath | HandlebarsLiteral | null {
    const start = this.#at;
    const isData = this.#peek() === '@';
    if (isData) this.#at += 1;
    let depth = 0;
    let isThis = false;
    const names: string[] = [];
    for (;;) {
      if (this.#match(/\.\.(?=[/\s)}~|=]|$)/y) !== null) {
        depth += 1;
      } else if (this.#match(/(?:\.(?=[/\s)}~|]|$)|this(?=[/.\s)}~|]|$))/y) !== null) {
        isThis = true;
      } else {
        const bracketed = this.#match(/\[[^\]]*\]/y);
        const name = bracketed?.slice(1, -1) ?? this.#match(/[^\s!"#%-,./;<-@[-^`{-~]+/y);
        if (name === null) break;
        names.push(name);
      }
      if (this.#peek() !== '.' && this.#peek() !== '/') break;
      this.#at += 1;
    }
    const span = { start, end: this.#at };
    const text = this.#text.slice(start, this.#at);
    if (text === '' || text === '@') {
      if (!this.#isAtEnd()) this.problem ??= `\`${this.#peek()}\` is not expected here`;
      else if (text === '@') this.problem ??= 'a name is expected after `@`';
      return null;
    }
    const literals: Readonly<Record<string, HandlebarsLiteral['value']>> = { true: true, false: false, null: null };
    if (text === 'undefined') return { kind: 'literal', value: undefined, span };
    if (Object.hasOwn(literals, text)) return { kind: 'literal', value: literals[text], span };
    return { kind: 'path', text, isData, depth, isThis, names, span };
  }

  #readOptionName(): string | null {
    const found = this.#match(/[^\s!"#%-,./;<-@[-^`{-~]+(?=\s*=)/y);
    if (found === null) return null;
    this.#skipSpace();
    this.#at += 1;
    return found;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found === null || this.#end < this.#at + found.length) return null;
    this.#at += found.length;
    return found;
  }

  #isAtParams(): boolean {
    const found = /as\s+\|/y;
    found.lastIndex = this.#at;
    return found.test(this.#text);
  }

  #isAtEnd(): boolean {
    return this.#end <= this.#at;
  }

  #peek(): string {
    return this.#isAtEnd() ? '' : (this.#text[this.#at] ?? '');
  }

  #skipSpace(): void {
    while (!this.#isAtEnd() && /\s/.test(this.#peek())) this.#at += 1;
  }
}
