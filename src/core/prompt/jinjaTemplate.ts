import { parse, tokenize } from '@huggingface/jinja';
import { findTags, type TemplateTag } from '../tokenizer/findTags';
import { locateParseError } from '../tokenizer/locateParseError';
import { locateStatements } from '../tokenizer/locateStatements';
import { createTemplateEnvironment } from '../tokenizer/templateEnvironment';
import {
  TemplateInterpreter,
  TemplateLimit,
  type TemplateNode,
  type TemplateProgram,
  type TemplateRun,
} from '../tokenizer/templateInterpreter';
import type { Span } from '../promptFile/locateJson';
import { jinjaFilters } from './jinjaFilters';
import { findJinjaUses } from './findJinjaUses';
import type { PromptProblem } from './promptFile';
import {
  describeLengthLimit,
  describeStepLimit,
  renderLimits,
  type TemplateReading,
  type TemplateRendering,
  type TemplateValues,
} from './template';

/** Statements of Jinja2 and Nunjucks that need other templates. */
const otherTemplates = ['include', 'import', 'from', 'extends', 'block'];

/** The variables of a Jinja or Nunjucks template, and why it cannot be run. */
export function readJinja(text: string): TemplateReading {
  const tags = findTags(maskRawBlocks(text).masked);
  const uses = findJinjaUses(text, tags);
  const parsed = parseJinja(text, tags);
  return { uses, problems: parsed.program === null ? [parsed.problem] : [] };
}

/**
 * Runs the template as Jinja2 does by default: line breaks after tags stay. Never throws. Known differences to Jinja2:
 * True, False and None print as in Nunjucks, lists and objects as JSON.
 */
export function renderJinja(text: string, values: TemplateValues): TemplateRendering {
  const { masked } = maskRawBlocks(text);
  const tags = findTags(masked);
  const parsed = parseJinja(text, tags);
  if (parsed.program === null) return { text: '', problems: [parsed.problem] };
  const positions = locateStatements(masked, parsed.program);
  const environment = createTemplateEnvironment(values);
  const interpreter = new PromptInterpreter({ environment, program: parsed.program, positions, limits: renderLimits });
  try {
    const rendered = interpreter.renderProgram();
    const problems = [...interpreter.missing].map((offset): PromptProblem => {
      const span = tagSpan(tags, offset, text);
      return { severity: 'warning', message: `${insideOf(text, span)} has no value`, span };
    });
    return { text: rendered, problems };
  } catch (error) {
    return { text: '', problems: [describeFailure(error, { interpreter, tags, text })] };
  }
}

/** More of the same say nothing new. */
const maxMissing = 50;

/** Notes expressions such as `user.nmae` that give nothing. */
class PromptInterpreter extends TemplateInterpreter {
  readonly missing = new Set<number>();
  readonly #positions: ReadonlyMap<TemplateNode, number>;

  constructor(run: TemplateRun) {
    super(run);
    this.#positions = run.positions;
  }

  override evaluate(...[statement, environment]: Parameters<TemplateInterpreter['evaluate']>) {
    const value =
      this.#evaluateFilter(statement, environment) ??
      super.evaluate(this.#withItems(statement, environment), environment);
    if (value.type === 'UndefinedValue' && statement?.type === 'MemberExpression') {
      const offset = this.#positions.get(statement);
      if (offset !== undefined && this.missing.size < maxMissing) this.missing.add(offset);
    }
    return value;
  }

  #evaluateFilter(...[statement, environment]: Parameters<TemplateInterpreter['evaluate']>) {
    if (statement?.type !== 'FilterExpression') return null;
    const { operand, filter } = statement as FilterNode;
    const filled = jinjaFilters.get(filter.callee?.value ?? filter.value ?? '');
    if (filled === undefined) return null;
    const values: unknown[] = [];
    const named = new Map<string, unknown>();
    for (const argument of filter.args ?? []) {
      if (argument.type === 'KeywordArgumentExpression' && argument.key !== undefined) {
        named.set(argument.key.value, this.evaluate(argument.value as TemplateNode, environment).value);
      } else values.push(this.evaluate(argument, environment).value);
    }
    const result = filled(this.evaluate(operand, environment).value, { values, named });
    const kind =
      typeof result === 'string' ? 'StringLiteral' : Number.isInteger(result) ? 'IntegerLiteral' : 'FloatLiteral';
    return super.evaluate({ type: kind, value: result } as TemplateNode, environment);
  }

  /** Nunjucks: `for key, value in object` needs no `.items()`. */
  #withItems(...[statement, environment]: Parameters<TemplateInterpreter['evaluate']>): TemplateNode | undefined {
    if (statement?.type !== 'For') return statement;
    const { loopvar, iterable } = statement as ForNode;
    if (loopvar.type !== 'TupleLiteral' || iterable.type !== 'Identifier') return statement;
    if (super.evaluate(iterable, environment).type !== 'ObjectValue') return statement;
    const items = { type: 'FilterExpression', operand: iterable, filter: { type: 'Identifier', value: 'items' } };
    return Object.create(statement, { iterable: { value: items } }) as TemplateNode;
  }
}

/** The parts of the package's syntax tree that are read here. */
interface FilterNode extends TemplateNode {
  readonly operand: TemplateNode;
  /** A name, or a call of one. */
  readonly filter: {
    readonly value?: string;
    readonly callee?: { readonly value: string };
    readonly args?: readonly (TemplateNode & { readonly key?: { readonly value: string }; readonly value?: unknown })[];
  };
}

interface ForNode extends TemplateNode {
  readonly loopvar: TemplateNode;
  readonly iterable: TemplateNode;
}

interface Failure {
  readonly interpreter: PromptInterpreter;
  readonly tags: readonly TemplateTag[];
  readonly text: string;
}

function describeFailure(error: unknown, { interpreter, tags, text }: Failure): PromptProblem {
  const isLimit = error instanceof TemplateLimit;
  const offset = (isLimit ? interpreter.loopOffset : null) ?? interpreter.offset;
  const span = offset === null ? { start: 0, end: text.length } : tagSpan(tags, offset, text);
  if (isLimit) {
    const isLong = error.message.includes('text longer');
    return { severity: 'error', message: isLong ? describeLengthLimit() : describeStepLimit(), span };
  }
  if (error instanceof RangeError) return { severity: 'error', message: 'the template is nested too deeply', span };
  const wording = error instanceof Error ? error.message : String(error);
  return { severity: 'error', message: `the template fails: ${wording}`, span };
}

type ParsedJinja = { readonly program: TemplateProgram } | { readonly program: null; readonly problem: PromptProblem };

function parseJinja(text: string, tags: readonly TemplateTag[]): ParsedJinja {
  const other = tags.find(({ keyword }) => keyword !== null && otherTemplates.includes(keyword));
  if (other !== undefined) {
    const message = `{% ${other.keyword ?? ''} %} needs other templates, which are not read here`;
    return { program: null, problem: { severity: 'error', message, span: { start: other.offset, end: other.end } } };
  }
  const { masked, blocks } = maskRawBlocks(text);
  try {
    return { program: parse(tokenizeWithRawBlocks(text, blocks)) };
  } catch (error) {
    if (error instanceof RangeError) {
      const span = { start: 0, end: text.length };
      return { program: null, problem: { severity: 'error', message: 'the template is nested too deeply', span } };
    }
    const { offset, problem } = locateParseError(nunjucksAsJinja(masked), error);
    const span = offset === null ? { start: 0, end: text.length } : tagSpan(tags, offset, text);
    return { program: null, problem: { severity: 'error', message: `the template cannot be read: ${problem}`, span } };
  }
}

interface RawBlock extends Span {
  /** What is within it, as text. */
  readonly content: string;
}

/** `{% raw %}…{% endraw %}`, which the package does not know, with as many spaces in their place. */
function maskRawBlocks(text: string): { readonly masked: string; readonly blocks: readonly RawBlock[] } {
  const blocks: RawBlock[] = [];
  const opening = /\{%-?[ \t]*raw[ \t]*(-?)%\}/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const from = match.index + match[0].length;
    const closing = /\{%(-?)[ \t]*endraw[ \t]*-?%\}/g;
    closing.lastIndex = from;
    const end = closing.exec(text);
    if (end === null) break;
    let content = text.slice(from, end.index);
    if (match[1] === '-') content = content.trimStart();
    if (end[1] === '-') content = content.trimEnd();
    blocks.push({ start: match.index, end: end.index + end[0].length, content });
    opening.lastIndex = end.index + end[0].length;
  }
  if (blocks.length === 0) return { masked: text, blocks };
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of blocks) {
    parts.push(text.slice(at, start), ' '.repeat(end - start));
    at = end;
  }
  return { masked: [...parts, text.slice(at)].join(''), blocks };
}

type Tokens = ReturnType<typeof tokenize>;

function tokenizeWithRawBlocks(text: string, blocks: readonly RawBlock[]): Tokens {
  if (blocks.length === 0) return mendFilters(tokenize(nunjucksAsJinja(text)));
  const tokens: Tokens = [];
  let at = 0;
  for (const { start, end, content } of blocks) {
    for (const token of tokenize(nunjucksAsJinja(text.slice(at, start)))) tokens.push(token);
    // A token of text, whatever braces it has.
    const textToken = tokenize('x')[0];
    if (textToken !== undefined && content !== '') {
      textToken.value = content;
      tokens.push(textToken);
    }
    at = end;
  }
  for (const token of tokenize(nunjucksAsJinja(text.slice(at)))) tokens.push(token);
  return mendFilters(tokens);
}

/** Nunjucks' other spellings, in as many units. */
function nunjucksAsJinja(text: string): string {
  return text.replace(/(\{%-?[ \t]*)elseif\b/g, '$1elif  ');
}

/** Nunjucks calls `tojson` `dump`. */
function mendFilters(tokens: Tokens): Tokens {
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'Identifier' && token.value === 'dump' && tokens[index - 1]?.type === 'Pipe') {
      token.value = 'tojson';
    }
  }
  return tokens;
}

function tagSpan(tags: readonly TemplateTag[], offset: number, text: string): Span {
  const tag = tags.find((each) => each.offset === offset);
  return { start: Math.min(offset, text.length), end: tag?.end ?? text.length };
}

function insideOf(text: string, { start, end }: Span): string {
  return `\`${text
    .slice(start + 2, end - 2)
    .replace(/^-|-$/g, '')
    .trim()}\``;
}
