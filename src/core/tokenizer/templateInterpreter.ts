import { Interpreter, type Environment, type parse } from '@huggingface/jinja';
import { pythonStrip, type StripSide } from './pythonStrip';

export type TemplateProgram = ReturnType<typeof parse>;
export type TemplateNode = NonNullable<Parameters<Interpreter['evaluate']>[0]>;
type RuntimeValue = ReturnType<Interpreter['evaluate']>;

/** The template called raise_exception; the message is the template's own wording. */
export class TemplateRefusal extends Error {}

/** The template would have taken too long or made too much. */
export class TemplateLimit extends Error {}

export interface TemplateRun {
  readonly environment: Environment;
  readonly program: TemplateProgram;
  /** Offsets in the template's source by statement. */
  readonly positions: ReadonlyMap<TemplateNode, number>;
  readonly limits?: TemplateLimits;
}

export interface TemplateLimits {
  /** In evaluations of a node. */
  readonly steps: number;
  /** Of any text that an expression makes, in UTF-16 units. */
  readonly textLength: number;
}

/** About half a microsecond a step; the longest real templates need about 100 a message. */
const defaultLimits: TemplateLimits = { steps: 1_000_000, textLength: 8_388_608 };

/** Steps for each element of a list that is used so: a round of a loop makes an environment even for an empty body. */
const loopSteps = 16;
const filterSteps = 4;
const callSteps = 1;

/** Steps for each element of any other list, and for each unit of a text: what copying costs. */
const elementSteps = 1 / 32;
const textSteps = 1 / 1024;

const stripSides: ReadonlyMap<string, StripSide> = new Map([
  ['strip', 'both'],
  ['lstrip', 'start'],
  ['rstrip', 'end'],
]);

/**
 * The npm package's interpreter with what it lacks: a bound on work and output, the place of a failure, and Python's
 * meaning of strip, lstrip, rstrip (the package ignores their argument), trim (other white space) and of
 * selectattr / rejectattr with "defined" and "undefined" (the package never sees a missing attribute).
 */
export class TemplateInterpreter extends Interpreter {
  /** Where in the template's source the statement evaluated last begins; null before the first. */
  offset: number | null = null;
  /** Where the loop begins that was being run; null outside of one. */
  loopOffset: number | null = null;

  private readonly program: TemplateProgram;
  private readonly positions: ReadonlyMap<TemplateNode, number>;
  /** Steps an element for the expressions whose lists cost more than copying. */
  private readonly listSteps = new WeakMap<TemplateNode, number>();
  private readonly limits: TemplateLimits;
  private steps = 0;

  constructor({ environment, program, positions, limits = defaultLimits }: TemplateRun) {
    super(environment);
    this.program = program;
    this.positions = positions;
    this.limits = limits;
  }

  renderProgram(): string {
    return String(this.run(this.program).value);
  }

  override evaluate(statement: TemplateNode | undefined, environment: Environment): RuntimeValue {
    if (statement === undefined) return super.evaluate(statement, environment);
    this.charge(1);
    const outerOffset = this.offset;
    this.offset = this.positions.get(statement) ?? outerOffset;
    const outerLoop = this.loopOffset;
    if (statement.type === 'For') this.loopOffset = this.offset;
    this.markLists(statement);
    const value = this.evaluateAsPython(statement, environment) ?? super.evaluate(statement, environment);
    this.chargeFor(statement, value);
    // Not restored after an exception: then it tells where that came from.
    this.offset = outerOffset;
    this.loopOffset = outerLoop;
    return value;
  }

  private charge(steps: number): void {
    this.steps += steps;
    const { steps: maxSteps } = this.limits;
    if (maxSteps < this.steps) throw new TemplateLimit(`it does not end: stopped after ${maxSteps} steps`);
  }

  private chargeFor(statement: TemplateNode, { value }: RuntimeValue): void {
    if (Array.isArray(value)) this.charge(value.length * (this.listSteps.get(statement) ?? elementSteps));
    if (typeof value !== 'string') return;
    const { textLength } = this.limits;
    if (textLength < value.length) throw new TemplateLimit(`it makes a text longer than ${textLength} characters`);
    this.charge(value.length * textSteps);
  }

  private markLists(statement: TemplateNode): void {
    if (statement.type === 'For') {
      const { iterable } = statement as ForNode;
      this.listSteps.set(iterable.type === 'SelectExpression' ? iterable.lhs : iterable, loopSteps);
    } else if (statement.type === 'FilterExpression') {
      const { operand } = statement as FilterNode;
      this.listSteps.set(operand, Math.max(filterSteps, this.listSteps.get(operand) ?? 0));
    } else if (statement.type === 'CallExpression') {
      this.listSteps.set(statement, Math.max(callSteps, this.listSteps.get(statement) ?? 0));
    }
  }

  private evaluateAsPython(statement: TemplateNode, environment: Environment): RuntimeValue | null {
    if (statement.type === 'CallExpression') return this.evaluateStripCall(statement as CallNode, environment);
    if (statement.type === 'FilterExpression') return this.evaluateMendedFilter(statement as FilterNode, environment);
    return null;
  }

  private evaluateStripCall({ callee, args }: CallNode, environment: Environment): RuntimeValue | null {
    if (callee.type !== 'MemberExpression' || callee.computed || 1 < args.length) return null;
    const side = stripSides.get(callee.property.value);
    return side === undefined ? null : this.strip({ operand: callee.object, argument: args[0], side }, environment);
  }

  private evaluateMendedFilter({ operand, filter }: FilterNode, environment: Environment): RuntimeValue | null {
    const name = filter.type === 'CallExpression' ? filter.callee.value : filter.value;
    const args = filter.type === 'CallExpression' ? filter.args : [];
    if (name === 'trim' && args.length <= 1) {
      return this.strip({ operand, argument: args[0], side: 'both' }, environment);
    }
    const test = args[1]?.value;
    if ((name !== 'selectattr' && name !== 'rejectattr') || (test !== 'defined' && test !== 'undefined')) return null;
    const keepsDefined = (name === 'selectattr') === (test === 'defined');
    return this.selectByPresence({ operand, attribute: String(args[0]?.value), keepsDefined }, environment);
  }

  /** Python's str.strip, lstrip, rstrip with their set of characters. */
  private strip({ operand, argument, side }: StripParts, environment: Environment): RuntimeValue {
    const text = this.textOf(this.evaluate(operand, environment));
    const characters = argument === undefined ? null : this.evaluate(argument, environment).value;
    if (characters !== null && typeof characters !== 'string') throw new Error('strip arg must be None or str');
    return super.evaluate(literal('StringLiteral', pythonStrip({ text, characters, side })), environment);
  }

  private selectByPresence({ operand, attribute, keepsDefined }: SelectParts, environment: Environment): RuntimeValue {
    const items = this.evaluate(operand, environment);
    if (!Array.isArray(items.value)) throw new Error(`cannot select from ${items.type}`);
    const selected = super.evaluate(literal('ArrayLiteral', []), environment);
    selected.value = items.value.filter(
      (item) => (item.value instanceof Map && item.value.has(attribute)) === keepsDefined,
    );
    return selected;
  }

  /** What Jinja2's soft_str gives. */
  private textOf(value: RuntimeValue): string {
    if (value.type === 'UndefinedValue') return '';
    if (value.type === 'NullValue') return 'None';
    return typeof value.value === 'string' ? value.value : value.toString();
  }
}

/** The parts of the package's syntax tree that are read here; it exports no types for them. */
interface CallNode extends TemplateNode {
  readonly type: 'CallExpression';
  readonly callee: TemplateNode & {
    readonly computed: boolean;
    readonly object: TemplateNode;
    readonly property: TemplateNode & { readonly value: string };
    readonly value: unknown;
  };
  readonly args: readonly (TemplateNode & { readonly value?: unknown })[];
}

interface ForNode extends TemplateNode {
  readonly iterable: TemplateNode & { readonly lhs: TemplateNode };
}

interface FilterNode extends TemplateNode {
  readonly operand: TemplateNode;
  readonly filter: CallNode | (TemplateNode & { readonly type: 'Identifier'; readonly value: unknown });
}

interface StripParts {
  readonly operand: TemplateNode;
  readonly argument: TemplateNode | undefined;
  readonly side: StripSide;
}

interface SelectParts {
  readonly operand: TemplateNode;
  readonly attribute: string;
  readonly keepsDefined: boolean;
}

function literal(type: 'StringLiteral' | 'ArrayLiteral', value: unknown): TemplateNode {
  return { type, value } as TemplateNode;
}
