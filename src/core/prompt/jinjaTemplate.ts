import { findTags, type TemplateTag } from '../tokenizer/findTags';
import { locateStatements } from '../tokenizer/locateStatements';
import { createTemplateEnvironment } from '../tokenizer/templateEnvironment';
import {
  TemplateInterpreter,
  TemplateLimit,
  type TemplateNode,
  type TemplateRun,
} from '../tokenizer/templateInterpreter';
import type { Span } from '../promptFile/locateJson';
import { maskRawBlocks, parseJinja } from './parseJinja';
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

/** The variables of a Jinja or Nunjucks template, and why it cannot be run. */
export function readJinja(text: string): TemplateReading {
  const tags = findTags(maskRawBlocks(text).masked);
  const uses = findJinjaUses(text, tags);
  const parsed = parseJinja(text);
  return { uses, problems: parsed.program === null ? [parsed.problem] : [] };
}

/**
 * Runs the template as Jinja2 does by default: line breaks after tags stay. Never throws. Known differences to Jinja2:
 * True, False and None print as in Nunjucks, lists and objects as JSON.
 */
export function renderJinja(text: string, values: TemplateValues): TemplateRendering {
  const { masked } = maskRawBlocks(text);
  const tags = findTags(masked);
  const parsed = parseJinja(text);
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
