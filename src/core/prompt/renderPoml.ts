import type { Message } from '../promptFile/message';
import type { Span } from '../promptFile/locateJson';
import { readMessages } from '../promptFile/readMessages';
import { RowProblem } from '../promptFile/rowProblem';
import { evaluateExpression, writeValue, type ExpressionContext } from './evaluateExpression';
import type { Expression } from './expressionSyntax';
import { plainOf } from './locatedValue';
import { ExpressionProblem } from './parseExpression';
import { readPomlMarkup, type PomlElement, type PomlNode } from './pomlMarkup';
import { readExpression, readSegments, type PomlSegment } from './pomlSegments';
import { attributeOf, loopMessage, readLoop, skippedElements } from './pomlUses';
import type { PromptProblem } from './promptFile';
import { PomlWriter } from './pomlWriter';
import { readJson } from './readJson';
import { describeLengthLimit, describeStepLimit, renderLimits, type TemplateValues } from './template';
import { memberOfValue, plainValue } from './templateValue';

export interface PomlRendering {
  readonly messages: readonly Message[];
  readonly problems: readonly PromptProblem[];
}

/** Files within files. */
const maxIncludes = 8;

const speakers: Readonly<Record<string, string>> = {
  systemmessage: 'system',
  systemmsg: 'system',
  humanmessage: 'user',
  humanmsg: 'user',
  usermessage: 'user',
  usermsg: 'user',
  aimessage: 'assistant',
  aimsg: 'assistant',
  assistantmessage: 'assistant',
  assistantmsg: 'assistant',
};

/** The conversation of a POML file as Markdown; never throws. */
export function renderPoml(text: string, values: TemplateValues, files: ReadonlyMap<string, string>): PomlRendering {
  const run = new PomlRun(values, files);
  try {
    run.renderFile(text);
    return { messages: run.writer.messages(), problems: run.problems };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    const span = error.span ?? { start: 0, end: text.length };
    return { messages: [], problems: [...run.problems, { severity: 'error', message: error.message, span }] };
  }
}

class LimitReached extends Error {
  readonly span: Span | null;

  constructor(message: string, span: Span | null) {
    super(message);
    this.span = span;
  }
}

class PomlRun {
  readonly writer = new PomlWriter((text) => this.#measure(text));
  readonly problems: PromptProblem[] = [];
  readonly #values: TemplateValues;
  readonly #files: ReadonlyMap<string, string>;
  /** What `<let>` has set. */
  readonly #set = new Map<string, unknown>();
  /** Of the loops around, the innermost last. */
  readonly #scopes: ReadonlyMap<string, unknown>[] = [];
  readonly #reported = new Set<string>();
  #text = '';
  #loop: Span | null = null;
  /** The tag of the file that is read within another: problems are told there. */
  #include: Span | null = null;
  #includeDepth = 0;
  #steps = 0;
  #length = 0;

  constructor(values: TemplateValues, files: ReadonlyMap<string, string>) {
    this.#values = values;
    this.#files = files;
  }

  renderFile(text: string): void {
    const outer = this.#text;
    this.#text = text;
    const { nodes, problems } = readPomlMarkup(text);
    for (const problem of problems) this.#report(problem);
    this.#renderNodes(nodes);
    this.#text = outer;
  }

  #charge(steps: number): void {
    this.#steps += steps;
    if (renderLimits.steps < this.#steps) throw new LimitReached(describeStepLimit(), this.#loop);
  }

  #measure(text: string): void {
    this.#length += text.length;
    if (renderLimits.textLength < this.#length) throw new LimitReached(describeLengthLimit(), this.#loop);
  }

  #report(problem: PromptProblem): void {
    const span = this.#include ?? problem.span;
    const key = `${span.start} ${problem.message}`;
    if (this.#reported.has(key) || 50 <= this.problems.length) return;
    this.#reported.add(key);
    this.problems.push({ ...problem, span });
  }

  #renderNodes(nodes: readonly PomlNode[]): void {
    for (const node of nodes) {
      this.#charge(1);
      if (node.kind === 'element') this.#renderElement(node);
      else if (node.isLiteral) this.writer.addText(this.#text.slice(node.span.start, node.span.end));
      else for (const segment of readSegments(this.#text, node.span)) this.#renderSegment(segment);
    }
  }

  #renderSegment(segment: PomlSegment): void {
    if (segment.kind === 'text') this.writer.addText(segment.text);
    else {
      const value = this.#evaluateSegment(segment);
      this.writer.addValue(
        typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : writeValue(value),
      );
    }
  }

  #evaluateSegment(segment: PomlSegment): unknown {
    if (segment.kind === 'text') return segment.text;
    if (segment.kind === 'expression') return this.#evaluate(segment.expression);
    this.#report({ severity: 'error', message: segment.message, span: segment.span });
    return undefined;
  }

  #evaluate(expression: Expression): unknown {
    const context: ExpressionContext = {
      charge: (steps) => this.#charge(steps),
      lookUp: (name) => {
        for (let index = this.#scopes.length - 1; 0 <= index; index -= 1) {
          const scope = this.#scopes[index];
          if (scope?.has(name) === true) return scope.get(name);
        }
        return this.#set.has(name) ? this.#set.get(name) : memberOfValue(this.#values, name);
      },
    };
    try {
      return evaluateExpression(expression, context);
    } catch (error) {
      if (!(error instanceof ExpressionProblem)) throw error;
      this.#report({ severity: 'error', message: error.message, span: error.span });
      return undefined;
    }
  }

  #renderElement(element: PomlElement): void {
    const loop = attributeOf(element, 'for');
    if (loop === null) {
      this.#renderIf(element);
      return;
    }
    const parts = readLoop(this.#text, loop.value);
    if (parts === null) {
      this.#report({ severity: 'error', message: loopMessage, span: loop.span });
      return;
    }
    const value = this.#evaluateSegment(readExpression(this.#text, parts.list));
    const items: readonly unknown[] = Array.isArray(value)
      ? value
      : typeof value === 'object' && value !== null
        ? Object.values(value)
        : [];
    const outerLoop = this.#loop;
    this.#loop = this.#include ?? element.span;
    for (const [index, item] of items.entries()) {
      this.#charge(4);
      const state = { index, length: items.length, first: index === 0, last: index === items.length - 1 };
      this.#scopes.push(
        new Map<string, unknown>([
          [parts.name, item],
          ['loop', state],
        ]),
      );
      this.#renderIf(element);
      this.#scopes.pop();
    }
    this.#loop = outerLoop;
  }

  #renderIf(element: PomlElement): void {
    const condition = attributeOf(element, 'if');
    if (condition !== null) {
      const value = this.#evaluateSegment(readExpression(this.#text, condition.value));
      if (!value || value === 'false') return;
    }
    this.#renderPlain(element);
  }

  #renderPlain(element: PomlElement): void {
    const { name } = element;
    if (skippedElements.has(name)) return;
    const speaker =
      (Object.hasOwn(speakers, name) ? speakers[name] : undefined) ?? readSpeaker(this.#attribute(element, 'speaker'));
    if (speaker !== undefined) {
      this.writer.inTurn(speaker, () => this.#renderSpoken(element));
      return;
    }
    switch (name) {
      case 'let':
        this.#renderLet(element);
        return;
      case 'include':
        this.#renderInclude(element);
        return;
      case 'document':
      case 'doc':
        this.#renderDocument(element);
        return;
      case 'conversation':
        this.#renderConversation(element);
        return;
      case 'object':
      case 'obj':
      case 'dataobj': {
        const data = this.#attributeValue(element, 'data');
        this.writer.block(typeof data === 'string' ? data : (JSON.stringify(data, null, 2) ?? ''));
        return;
      }
      case 'table':
        this.writer.table(this.#attributeValue(element, 'records') ?? this.#readSource(element));
        return;
      case 'img':
      case 'image':
      case 'audio':
      case 'webpage':
      case 'folder':
        // What stands for it where a model sees text alone.
        this.writer.addText(this.#attribute(element, 'alt') ?? '');
        return;
      case 'input':
      case 'exampleinput':
        this.#renderInTurn('user', element);
        return;
      case 'output':
      case 'exampleoutput':
        this.#renderInTurn('assistant', element);
        return;
      default:
        this.#renderSpoken(element);
    }
  }

  /** An example's halves are turns, unless `chat="false"` is around. */
  #renderInTurn(role: string, element: PomlElement): void {
    if (this.writer.hasChat) this.writer.inTurn(role, () => this.#renderNodes(element.children));
    else this.#renderSpoken(element);
  }

  #renderSpoken(element: PomlElement): void {
    const chat = this.#attribute(element, 'chat');
    const caption = this.#attribute(element, 'caption');
    const isBlock = this.#attribute(element, 'inline') === 'false';
    this.writer.inElement(
      {
        name: element.name,
        caption,
        captionStyle: this.#attribute(element, 'captionstyle'),
        listStyle: this.#attribute(element, 'liststyle'),
        isPreformatted:
          isBlock || this.#attribute(element, 'whitespace') === 'pre' || this.#attribute(element, 'syntax') === 'text',
        isBlock,
        language: this.#attribute(element, 'lang'),
        chat: chat === null ? null : chat !== 'false',
      },
      () => this.#renderNodes(element.children),
    );
  }

  #renderLet(element: PomlElement): void {
    const name = this.#attribute(element, 'name');
    const value = this.#readLet(element);
    if (value === undefined) return;
    if (name !== null) this.#set.set(name, value);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, member] of Object.entries(value)) this.#set.set(key, member);
    }
  }

  #readLet(element: PomlElement): unknown {
    const value = attributeOf(element, 'value');
    if (value !== null) return plainValue(this.#evaluateSegment(readExpression(this.#text, value.value)));
    if (attributeOf(element, 'src') !== null) return this.#readSource(element);
    const content = readSegments(this.#text, element.inside)
      .map((segment) => writeValue(this.#evaluateSegment(segment)))
      .join('')
      .trim();
    const type = this.#attribute(element, 'type');
    if (type === 'integer' || type === 'number' || type === 'float') return Number(content);
    if (type === 'boolean') return content === 'true' || content === '1';
    if (type === 'string') return content;
    const { root, problems } = /^[[{]/.test(content) ? readJson(content) : { root: null, problems: [] };
    return root === null || problems.length > 0 ? content : plainOf(root);
  }

  /** What the file of `src` holds; undefined: it is not there. */
  #readSource(element: PomlElement): unknown {
    const path = this.#attribute(element, 'src');
    const source = attributeOf(element, 'src');
    if (path === null || source === null) return undefined;
    if (isNoText(path)) {
      const message = `${path} is no text: it is left out of what is scored`;
      this.#report({ severity: 'information', message, span: element.span });
      return undefined;
    }
    const content = this.#files.get(path);
    if (content === undefined) {
      this.#report({ severity: 'error', message: `${path} is not there`, span: source.value });
      return undefined;
    }
    if (!/\.json$/i.test(path)) return content;
    const { root, problems } = readJson(content);
    const [problem] = problems;
    if (problem !== undefined) {
      this.#report({ severity: 'error', message: `${path}: ${problem.message}`, span: source.value });
    }
    return root === null ? undefined : plainOf(root);
  }

  #renderDocument(element: PomlElement): void {
    const path = this.#attribute(element, 'src');
    const content = path === null ? this.#attribute(element, 'buffer') : this.#readSource(element);
    if (content !== undefined && content !== null)
      this.writer.block(typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  #renderInclude(element: PomlElement): void {
    const content = this.#readSource(element);
    if (typeof content !== 'string') return;
    if (maxIncludes <= this.#includeDepth) {
      throw new LimitReached(`files include each other more than ${maxIncludes} deep`, this.#include ?? element.span);
    }
    const outer = this.#include;
    this.#include ??= element.span;
    this.#includeDepth += 1;
    this.renderFile(content);
    this.#includeDepth -= 1;
    this.#include = outer;
  }

  #renderConversation(element: PomlElement): void {
    const messages = this.#attributeValue(element, 'messages');
    if (messages === undefined || messages === null) return;
    try {
      const list = Array.isArray(messages) ? messages.map(readTurn) : messages;
      for (const { role, content } of readMessages(list, '`messages`')) this.writer.addTurn(role, content);
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      this.#report({ severity: 'error', message: error.message, span: element.span });
    }
  }

  /** An attribute as text. */
  #attribute(element: PomlElement, name: string): string | null {
    const value = attributeOf(element, name)?.value;
    if (value === undefined) return null;
    return readSegments(this.#text, value)
      .map((segment) => writeValue(this.#evaluateSegment(segment)))
      .join('');
  }

  /** An attribute's value: of an expression, or of JSON. */
  #attributeValue(element: PomlElement, name: string): unknown {
    const value = attributeOf(element, name)?.value;
    if (value === undefined) return undefined;
    const segments = readSegments(this.#text, value);
    const [only] = segments;
    if (segments.length === 1 && only !== undefined && only.kind !== 'text') return this.#evaluateSegment(only);
    const written = this.#attribute(element, name) ?? '';
    const { root, problems } = readJson(written);
    return root === null || problems.length > 0 ? written : plainOf(root);
  }
}

/** Documents and pictures, which POML turns into text with libraries of their own. */
export function isNoText(path: string): boolean {
  return /\.(docx?|pdf|xlsx?|pptx?|png|jpe?g|gif|webp)$/i.test(path);
}

/** POML writes `{speaker, content}` too. */
function readTurn(turn: unknown): unknown {
  if (typeof turn !== 'object' || turn === null) return turn;
  const role = memberOfValue(turn, 'role') ?? memberOfValue(turn, 'speaker');
  const known = typeof role === 'string' ? (readSpeaker(role) ?? role) : role;
  return { role: known, content: memberOfValue(turn, 'content') };
}

function readSpeaker(speaker: string | null): string | undefined {
  if (speaker === 'human' || speaker === 'user') return 'user';
  if (speaker === 'ai' || speaker === 'assistant') return 'assistant';
  return speaker === 'system' ? 'system' : undefined;
}
