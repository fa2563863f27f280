import type { Span } from '../promptFile/locateJson';
import { findHandlebarsUses } from './findHandlebarsUses';
import type {
  HandlebarsCall,
  HandlebarsExpression,
  HandlebarsNode,
  HandlebarsPartial,
  HandlebarsPath,
  HandlebarsSection,
} from './handlebarsSyntax';
import { parseHandlebars } from './parseHandlebars';
import type { PromptProblem } from './promptFile';
import {
  describeLengthLimit,
  describeStepLimit,
  renderLimits,
  type TemplateReading,
  type TemplateRendering,
  type TemplateValues,
} from './template';
import { memberOfValue, printValue } from './templateValue';

export interface HandlebarsOptions {
  /** Functions beside Handlebars' own. */
  readonly helpers?: ReadonlyMap<string, HandlebarsHelper>;
  /** Templates that `{{> name}}` puts in. */
  readonly partials?: ReadonlyMap<string, string>;
  /** What becomes of the text between tags. */
  readonly mapText?: (text: string) => string;
  /** Mustache: a name that an item does not have is looked up around it. */
  readonly looksAround?: boolean;
}

/** Gives a value, or the text of a section. */
export type HandlebarsHelper = (call: HelperCall) => unknown;

export interface HelperCall {
  readonly args: readonly unknown[];
  readonly options: ReadonlyMap<string, unknown>;
  /** The two halves of a section as text; null: it is none. */
  readonly section: { readonly body: () => string; readonly inverse: () => string } | null;
  readonly span: Span;
}

const sectionHelpers = ['if', 'unless', 'each', 'with'];
const ownHelpers: ReadonlyMap<string, HandlebarsHelper> = new Map<string, HandlebarsHelper>([
  ['lookup', ({ args: [value, key] }) => memberOfValue(value, printValue(key))],
  ['log', () => ''],
]);

/** Partials within partials. */
const maxPartialDepth = 16;

/** The variables of a template, and why it cannot be run. */
export function readHandlebars(text: string, options: HandlebarsOptions = {}): TemplateReading {
  const { nodes, problems } = parseHandlebars(text);
  const helpers = new Set([...sectionHelpers, ...ownHelpers.keys(), ...(options.helpers?.keys() ?? [])]);
  return { uses: findHandlebarsUses(nodes, { helpers, looksAround: options.looksAround === true }), problems };
}

/** Runs a template without escaping for HTML, as prompts are; bounded in steps and length; never throws. */
export function renderHandlebars(
  text: string,
  values: TemplateValues,
  options: HandlebarsOptions = {},
): TemplateRendering {
  const { nodes, problems } = parseHandlebars(text);
  if (problems.length > 0) return { text: '', problems };
  const run = new HandlebarsRun(values, options);
  try {
    const rendered = run.renderNodes(nodes, { value: values, outer: null, data: new Map(), params: new Map() });
    return { text: rendered, problems: run.describeProblems() };
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    const span = error.span ?? { start: 0, end: text.length };
    return { text: '', problems: [{ severity: 'error', message: error.message, span }] };
  }
}

class LimitReached extends Error {
  readonly span: Span | null;

  constructor(message: string, span: Span | null) {
    super(message);
    this.span = span;
  }
}

/** What names are looked up in. */
interface Frame {
  readonly value: unknown;
  readonly outer: Frame | null;
  /** `@index` and its like, by name. */
  readonly data: ReadonlyMap<string, unknown>;
  /** Names after `as`. */
  readonly params: ReadonlyMap<string, unknown>;
}

class HandlebarsRun {
  readonly #values: TemplateValues;
  readonly #options: HandlebarsOptions;
  readonly #problems: PromptProblem[] = [];
  /** Expressions that have given nothing so far, and those that have given something. */
  readonly #missing = new Map<number, HandlebarsPath>();
  readonly #given = new Set<number>();
  #steps = 0;
  #length = 0;
  #loop: Span | null = null;
  #partialDepth = 0;
  /** The partial that is run: problems are told there. */
  #partial: Span | null = null;

  constructor(values: TemplateValues, options: HandlebarsOptions) {
    this.#values = values;
    this.#options = options;
  }

  describeProblems(): readonly PromptProblem[] {
    const missing = [...this.#missing.entries()].filter(([start]) => !this.#given.has(start)).slice(0, 50);
    const warnings = missing.map(([, { text, span }]): PromptProblem => {
      return { severity: 'warning', message: `\`${text.slice(0, 60)}\` has no value`, span };
    });
    return [...this.#problems, ...warnings];
  }

  renderNodes(nodes: readonly HandlebarsNode[], frame: Frame): string {
    let text = '';
    for (const node of nodes) {
      this.#charge(1);
      switch (node.kind) {
        case 'text':
          text += this.#measure(this.#options.mapText?.(node.text) ?? node.text);
          break;
        case 'output':
          text += this.#measure(this.#print(this.#evaluateCall(node.call, frame, node.span), node.span));
          break;
        case 'section':
          text += this.#renderSection(node, frame);
          break;
        case 'partial':
          text += this.#renderPartial(node, frame);
          break;
      }
    }
    return text;
  }

  #charge(steps: number): void {
    this.#steps += steps;
    if (renderLimits.steps < this.#steps) throw new LimitReached(describeStepLimit(), this.#loop);
  }

  #measure(text: string): string {
    this.#length += text.length;
    if (renderLimits.textLength < this.#length) throw new LimitReached(describeLengthLimit(), this.#loop);
    return text;
  }

  #report(problem: PromptProblem): void {
    if (this.#problems.length < 50) {
      this.#problems.push(this.#partial === null ? problem : { ...problem, span: this.#partial });
    }
  }

  #print(value: unknown, span: Span): string {
    if (Array.isArray(value)) return value.map((item) => printValue(item)).join(',');
    if (typeof value === 'object' && value !== null) {
      this.#report({ severity: 'warning', message: 'an object is put into text: it stands there as JSON', span });
    }
    return printValue(value);
  }

  #renderSection(section: HandlebarsSection, frame: Frame): string {
    const { call, body, inverse } = section;
    const name = call.head.kind === 'path' && !call.head.isThis ? call.head.text : '';
    const inside = (): string => this.renderNodes(body, frame);
    const otherwise = (): string => this.renderNodes(inverse, frame);
    if (sectionHelpers.includes(name)) {
      const subject = call.args[0] === undefined ? undefined : this.#evaluate(call.args[0], frame);
      switch (name) {
        case 'if':
        case 'unless': {
          const zero = call.options.find((option) => option.name === 'includeZero');
          const includesZero = zero !== undefined && isFilled(this.#evaluate(zero.value, frame));
          const holds = isFilled(subject) || (includesZero && subject === 0);
          return holds === (name === 'if') ? inside() : otherwise();
        }
        case 'with':
          return isFilled(subject) || subject === 0 ? this.#renderWith(section, subject, frame) : otherwise();
        default:
          return this.#renderEach(section, subject, frame);
      }
    }
    const helper = this.#helperOf(name);
    if (helper !== undefined) {
      return printValue(
        this.#callHelper(helper, { call, frame, span: section.span, section: { body: inside, inverse: otherwise } }),
      );
    }
    if (call.args.length > 0 || call.options.length > 0) {
      this.#reportUnknown(call, section.span);
      return '';
    }
    // A section of a value: for each item of a list, within an object, or if there is something.
    const value = this.#evaluate(call.head, frame);
    if (Array.isArray(value)) return this.#renderEach(section, value, frame);
    if (value === true) return inside();
    if (!isFilled(value) && value !== 0) return otherwise();
    return this.#renderWith(section, value, frame);
  }

  #renderWith({ body, params }: HandlebarsSection, value: unknown, frame: Frame): string {
    const named = params[0] === undefined ? frame.params : new Map([...frame.params, [params[0], value]]);
    return this.renderNodes(body, { value, outer: frame, data: frame.data, params: named });
  }

  #renderEach({ body, inverse, params, span }: HandlebarsSection, value: unknown, frame: Frame): string {
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
      ? value.map((item: unknown, index) => [index, item] as const)
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : [];
    if (entries.length === 0) return this.renderNodes(inverse, frame);
    const outerLoop = this.#loop;
    this.#loop = this.#partial ?? span;
    let text = '';
    for (const [index, [key, item]] of entries.entries()) {
      this.#charge(4);
      const data = new Map<string, unknown>([
        ...frame.data,
        ['index', index],
        ['key', key],
        ['first', index === 0],
        ['last', index === entries.length - 1],
      ]);
      const named = new Map(frame.params);
      if (params[0] !== undefined) named.set(params[0], item);
      if (params[1] !== undefined) named.set(params[1], key);
      text += this.renderNodes(body, { value: item, outer: frame, data, params: named });
    }
    this.#loop = outerLoop;
    return text;
  }

  #renderPartial({ name, call, indent, span }: HandlebarsPartial, frame: Frame): string {
    const template = this.#options.partials?.get(name);
    if (template === undefined) {
      const message = `the partial \`${name}\` is not there`;
      this.#report({ severity: 'error', message, span });
      return '';
    }
    if (maxPartialDepth <= this.#partialDepth) {
      throw new LimitReached(`partials are nested more than ${maxPartialDepth} deep`, this.#partial ?? span);
    }
    const { nodes, problems } = parseHandlebars(template);
    const [problem] = problems;
    if (problem !== undefined) {
      this.#report({ severity: 'error', message: `the partial \`${name}\`: ${problem.message}`, span });
      return '';
    }
    const context = call.args[0] === undefined ? frame.value : this.#evaluate(call.args[0], frame);
    const options = new Map(call.options.map((option) => [option.name, this.#evaluate(option.value, frame)]));
    const outerPartial = this.#partial;
    this.#partial ??= span;
    this.#partialDepth += 1;
    const text = this.renderNodes(nodes, {
      value: options.size === 0 ? context : new MergedValue(options, context),
      outer: null,
      data: frame.data,
      params: new Map(),
    });
    this.#partialDepth -= 1;
    this.#partial = outerPartial;
    return indent === '' ? text : text.replace(/^(?=.)/gm, indent);
  }

  #evaluate(expression: HandlebarsExpression, frame: Frame): unknown {
    this.#charge(1);
    if (expression.kind === 'literal') return expression.value;
    if (expression.kind === 'call') return this.#evaluateCall(expression, frame, expression.span);
    const value = this.#lookUp(expression, frame);
    // A variable without a value is told beforehand.
    const isTold = expression.names.length <= 1 && frame.outer === null && !expression.isData;
    if (value !== undefined) this.#given.add(expression.span.start);
    else if (!isTold && this.#partial === null) this.#missing.set(expression.span.start, expression);
    return value;
  }

  #evaluateCall(call: HandlebarsCall, frame: Frame, span: Span): unknown {
    const { head, args, options } = call;
    const helper = head.kind === 'path' && !head.isThis ? this.#helperOf(head.text) : undefined;
    if (helper !== undefined) return this.#callHelper(helper, { call, frame, span, section: null });
    if (args.length === 0 && options.length === 0) return this.#evaluate(head, frame);
    this.#reportUnknown(call, span);
    return undefined;
  }

  #helperOf(name: string): HandlebarsHelper | undefined {
    return this.#options.helpers?.get(name) ?? ownHelpers.get(name);
  }

  #callHelper(helper: HandlebarsHelper, { call, frame, span, section }: CallParts): unknown {
    const args = call.args.map((argument) => this.#evaluate(argument, frame));
    const options = new Map(call.options.map(({ name, value }) => [name, this.#evaluate(value, frame)]));
    return helper({ args, options, section, span });
  }

  #reportUnknown({ head }: HandlebarsCall, span: Span): void {
    const name = head.kind === 'path' ? head.text : String(head.value);
    const message = `\`${name}\` is no helper that is known here: an application's own cannot be run`;
    this.#report({ severity: 'error', message, span });
  }

  #lookUp(path: HandlebarsPath, frame: Frame): unknown {
    const { names, isData, isThis, depth } = path;
    if (isData) {
      const [first, ...rest] = names;
      const start = first === 'root' ? this.#values : frame.data.get(first ?? '');
      return follow(start, rest);
    }
    let start: Frame | null = frame;
    for (let up = depth; 0 < up && start !== null; up -= 1) start = start.outer;
    if (start === null) return undefined;
    const [first] = names;
    if (first === undefined) return start.value;
    if (!isThis && depth === 0 && start.params.has(first)) return follow(start.params.get(first), names.slice(1));
    if (this.#options.looksAround === true && !isThis) {
      while (start.outer !== null && memberOf(start.value, first) === undefined) start = start.outer;
    }
    return follow(start.value, names);
  }
}

interface CallParts {
  readonly call: HandlebarsCall;
  readonly frame: Frame;
  readonly span: Span;
  readonly section: HelperCall['section'];
}

/** What a partial is given by name, before what it stands in. */
class MergedValue {
  readonly options: ReadonlyMap<string, unknown>;
  readonly context: unknown;

  constructor(options: ReadonlyMap<string, unknown>, context: unknown) {
    this.options = options;
    this.context = context;
  }
}

function follow(value: unknown, names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = memberOf(found, name);
  return found;
}

function memberOf(value: unknown, name: string): unknown {
  if (!(value instanceof MergedValue)) return memberOfValue(value, name);
  return value.options.has(name) ? value.options.get(name) : memberOf(value.context, name);
}

/** What Handlebars calls not empty; 0 counts as empty. */
function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
