import type { Span } from '../promptFile/locateJson';
import type { Expression } from './expressionSyntax';
import { recordOf } from './locatedValue';
import { ExpressionProblem } from './parseExpression';
import { renderLimits } from './template';
import { memberOfValue } from './templateValue';

export interface ExpressionContext {
  /** The value of a name; undefined: there is none. */
  readonly lookUp: (name: string) => unknown;
  /** Counts work. @throws when there was too much. */
  readonly charge: (steps: number) => void;
}

/** A function of an expression, such as `x => x.name`; values that users give hold none. */
class ExpressionFunction {
  readonly call: (args: readonly unknown[]) => unknown;

  constructor(call: (args: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

/** @throws ExpressionProblem for what cannot be computed. */
export function evaluateExpression(expression: Expression, context: ExpressionContext): unknown {
  const evaluate = (each: Expression): unknown => evaluateExpression(each, context);
  context.charge(1);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
      return context.lookUp(expression.name);
    case 'list':
      return expression.items.map(evaluate);
    case 'object':
      return recordOf(expression.members.map(({ name, value }) => [name, evaluate(value)] as const));
    case 'text':
      return bounded(expression.parts.map((part) => writeValue(evaluate(part))).join(''), expression.span);
    case 'unary': {
      if (expression.sign === '!') return !evaluate(expression.operand);
      if (expression.sign === 'typeof') return typeof evaluate(expression.operand);
      const value = numberOf(evaluate(expression.operand));
      return expression.sign === '-' ? -value : value;
    }
    case 'binary':
      return evaluateBinary(expression, context);
    case 'choice':
      return evaluate(expression.condition) ? evaluate(expression.then) : evaluate(expression.otherwise);
    case 'member':
      return memberOfValue(evaluate(expression.object), writeValue(evaluate(expression.key)));
    case 'function': {
      const { params, body } = expression;
      return new ExpressionFunction((args) => {
        const lookUp = (name: string): unknown => {
          const index = params.indexOf(name);
          return index < 0 ? context.lookUp(name) : args[index];
        };
        return evaluateExpression(body, { ...context, lookUp });
      });
    }
    case 'call':
      return evaluateCall(expression, context);
  }
}

function evaluateBinary(
  { sign, left, right, span }: Extract<Expression, { readonly kind: 'binary' }>,
  context: ExpressionContext,
): unknown {
  const first = evaluateExpression(left, context);
  if (sign === '&&') return first ? evaluateExpression(right, context) : first;
  if (sign === '||') return first ? first : evaluateExpression(right, context);
  if (sign === '??') return first ?? evaluateExpression(right, context);
  const second = evaluateExpression(right, context);
  switch (sign) {
    case '+':
      if (typeof first === 'number' && typeof second === 'number') return first + second;
      return bounded(writeValue(first) + writeValue(second), span);
    case '-':
      return numberOf(first) - numberOf(second);
    case '*':
      return numberOf(first) * numberOf(second);
    case '/':
      return numberOf(first) / numberOf(second);
    case '%':
      return numberOf(first) % numberOf(second);
    case '**':
      return numberOf(first) ** numberOf(second);
    case '===':
      return first === second;
    case '!==':
      return first !== second;
    case '==':
      return isLooselyEqual(first, second);
    case '!=':
      return !isLooselyEqual(first, second);
    case 'in':
      return memberOfValue(second, writeValue(first)) !== undefined;
    default:
      return compare(sign, first, second);
  }
}

function isLooselyEqual(a: unknown, b: unknown): boolean {
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  return (
    a === b || (typeof a !== typeof b && typeof a !== 'object' && typeof b !== 'object' && numberOf(a) === numberOf(b))
  );
}

function compare(sign: string, a: unknown, b: unknown): boolean {
  const [x, y] = typeof a === 'string' && typeof b === 'string' ? [a, b] : [numberOf(a), numberOf(b)];
  if (sign === '<') return x < y;
  if (sign === '>') return x > y;
  return sign === '<=' ? x <= y : x >= y;
}

type Call = Extract<Expression, { readonly kind: 'call' }>;

function evaluateCall({ callee, args, span }: Call, context: ExpressionContext): unknown {
  const evaluate = (each: Expression): unknown => evaluateExpression(each, context);
  if (callee.kind === 'member' && callee.key.kind === 'literal') {
    const name = String(callee.key.value);
    const owner = callee.object.kind === 'name' ? callee.object.name : '';
    const own = globalFunctions.get(`${owner}.${name}`);
    if (own !== undefined && context.lookUp(owner) === undefined) return own(args.map(evaluate));
    const value = evaluate(callee.object);
    const values = args.map(evaluate);
    const size = typeof value === 'string' ? value.length / 1024 : Array.isArray(value) ? value.length / 8 : 0;
    context.charge(size);
    const result = callMethod(value, name, values);
    if (result !== unknownMethod) return typeof result === 'string' ? bounded(result, span) : result;
    throw new ExpressionProblem(`\`${name}\` cannot be called here`, callee.key.span);
  }
  const global = callee.kind === 'name' ? globalFunctions.get(callee.name) : undefined;
  if (global !== undefined) return global(args.map(evaluate));
  const value = evaluate(callee);
  if (value instanceof ExpressionFunction) return value.call(args.map(evaluate));
  throw new ExpressionProblem('this is no function that is known here', callee.span);
}

const unknownMethod = Symbol('unknown method');

function callMethod(value: unknown, name: string, args: readonly unknown[]): unknown {
  if (typeof value === 'string') return callTextMethod(value, name, args);
  if (Array.isArray(value)) return callListMethod(value, name, args);
  if (typeof value === 'number' && name === 'toFixed')
    return value.toFixed(Math.min(20, Math.max(0, numberOf(args[0] ?? 0))));
  return name === 'toString' ? writeValue(value) : unknownMethod;
}

function callTextMethod(text: string, name: string, args: readonly unknown[]): unknown {
  const [first, second] = args;
  const word = writeValue(first);
  const index = (value: unknown): number | undefined => (value === undefined ? undefined : numberOf(value));
  switch (name) {
    case 'toUpperCase':
      return text.toUpperCase();
    case 'toLowerCase':
      return text.toLowerCase();
    case 'trim':
      return text.trim();
    case 'trimStart':
      return text.trimStart();
    case 'trimEnd':
      return text.trimEnd();
    case 'toString':
      return text;
    case 'includes':
      return text.includes(word);
    case 'startsWith':
      return text.startsWith(word);
    case 'endsWith':
      return text.endsWith(word);
    case 'indexOf':
      return text.indexOf(word);
    case 'slice':
      return text.slice(index(first), index(second));
    case 'substring':
      return text.substring(index(first) ?? 0, index(second));
    case 'charAt':
      return text.charAt(index(first) ?? 0);
    case 'at':
      return text.at(index(first) ?? 0);
    case 'split':
      return first === undefined ? [text] : text.split(word);
    case 'concat':
      return text + args.map(writeValue).join('');
    case 'replace':
      // A function, so that `$&` in a value stays what it is.
      return text.replace(word, () => writeValue(second));
    case 'replaceAll':
      return joinTexts(text.split(word), writeValue(second));
    case 'repeat':
      return renderLimits.textLength < text.length * numberOf(first)
        ? unknownMethod
        : text.repeat(Math.max(0, index(first) ?? 0));
    case 'padStart':
      return renderLimits.textLength < numberOf(first)
        ? unknownMethod
        : text.padStart(index(first) ?? 0, second === undefined ? ' ' : writeValue(second));
    case 'padEnd':
      return renderLimits.textLength < numberOf(first)
        ? unknownMethod
        : text.padEnd(index(first) ?? 0, second === undefined ? ' ' : writeValue(second));
    default:
      return unknownMethod;
  }
}

function callListMethod(list: readonly unknown[], name: string, args: readonly unknown[]): unknown {
  const [first, second] = args;
  const index = (value: unknown): number | undefined => (value === undefined ? undefined : numberOf(value));
  const each = (item: unknown, at: number): unknown =>
    first instanceof ExpressionFunction ? first.call([item, at]) : undefined;
  switch (name) {
    case 'map':
      return list.map(each);
    case 'filter':
      return list.filter(each);
    case 'find':
      return list.find(each);
    case 'some':
      return list.some(each);
    case 'every':
      return list.every(each);
    case 'join':
      return joinTexts(list.map(writeValue), first === undefined ? ',' : writeValue(first));
    case 'slice':
      return list.slice(index(first), index(second));
    case 'includes':
      return list.includes(first);
    case 'indexOf':
      return list.indexOf(first);
    case 'concat':
      return list.concat(...(args as unknown[][]));
    case 'reverse':
      return [...list].reverse();
    case 'at':
      return list.at(index(first) ?? 0);
    case 'flat':
      return list.flat();
    case 'toString':
      return writeValue(list);
    default:
      return unknownMethod;
  }
}

function joinTexts(texts: readonly string[], separator: string): unknown {
  const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  return renderLimits.textLength < length ? unknownMethod : texts.join(separator);
}

const globalFunctions: ReadonlyMap<string, (args: readonly unknown[]) => unknown> = new Map<
  string,
  (args: readonly unknown[]) => unknown
>([
  ['JSON.stringify', ([value, , indent]) => JSON.stringify(value, null, typeof indent === 'number' ? indent : 0)],
  ['Object.keys', ([value]) => entriesOf(value).map(([key]) => key)],
  ['Object.values', ([value]) => entriesOf(value).map(([, each]) => each)],
  ['Object.entries', ([value]) => entriesOf(value)],
  ['Array.isArray', ([value]) => Array.isArray(value)],
  ['Math.round', ([value]) => Math.round(numberOf(value))],
  ['Math.floor', ([value]) => Math.floor(numberOf(value))],
  ['Math.ceil', ([value]) => Math.ceil(numberOf(value))],
  ['Math.abs', ([value]) => Math.abs(numberOf(value))],
  ['Math.min', (args) => Math.min(...args.map(numberOf))],
  ['Math.max', (args) => Math.max(...args.map(numberOf))],
  ['String', ([value]) => writeValue(value)],
  ['Number', ([value]) => numberOf(value)],
  ['Boolean', ([value]) => Boolean(value)],
  ['parseInt', ([value]) => parseInt(writeValue(value), 10)],
  ['parseFloat', ([value]) => parseFloat(writeValue(value))],
]);

/** Names that have a meaning without being variables. */
export const globalNames: ReadonlySet<string> = new Set(
  [...globalFunctions.keys()].map((name) => name.split('.')[0] ?? ''),
);

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? NaN : Number(value);
}

/** A value as text: objects as JSON. */
export function writeValue(value: unknown): string {
  if (value instanceof ExpressionFunction) return '';
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value === undefined || value === null ? '' : String(value);
}

function bounded(text: string, span: Span): string {
  if (text.length <= renderLimits.textLength) return text;
  throw new ExpressionProblem(`the expression makes a text longer than ${renderLimits.textLength} characters`, span);
}
