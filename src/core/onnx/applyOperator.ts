import { AlidadeError } from '../alidadeError';
import { float64Constant, floatConstant } from './value';
import type { Attribute, Dimension, ElementType, Node, Shape, Value } from './value';

// What the functions of operators.ts and trainingOperators.ts are made of.

/** The only output of an operator that is applied to values. */
export function apply(
  operator: string,
  inputs: readonly (Value | null)[],
  attributes: Node['attributes'],
  [type, shape]: readonly [ElementType, Shape],
  domain: Node['domain'] = '',
): Value {
  return outputOf({ operator, domain, inputs, attributes, outputCount: 1 }, 0, type, shape);
}

export function outputOf(node: Node, output: number, type: ElementType, shape: Shape): Value {
  return { type, shape, origin: { kind: 'node', node, output } };
}

/** A scalar of the type of a value. */
export function numberLike({ type }: Value, number: number): Value {
  if (type === 'float64') return float64Constant(`number64_${number}`, [number], []);
  const constant = floatConstant(`number_${number}`, [number], []);
  return type === 'float32' ? constant : apply('Cast', [constant], { to: int(10) }, [type, []]);
}

export function int(value: number): Attribute {
  return { kind: 'int', value };
}

export function float(value: number): Attribute {
  return { kind: 'float', value };
}

export function ints(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

export function last(shape: Shape): Dimension {
  return shape[shape.length - 1];
}

/** The shape of what two values give element by element, the smaller one repeated where a dimension is 1 or missing. */
export function broadcast(left: Value, right: Value): Shape {
  const rank = Math.max(left.shape.length, right.shape.length);
  return Array.from({ length: rank }, (_, index) => {
    const a = left.shape[index - rank + left.shape.length] ?? 1;
    const b = right.shape[index - rank + right.shape.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw shapeError('broadcast', left, right);
    return a === 1 ? b : a;
  });
}

export function shapeError(operator: string, left: Value, right: Value): AlidadeError {
  const message = `graph: ${operator} of [${left.shape.join()}] and [${right.shape.join()}]`;
  return new AlidadeError({ code: 'internal', message });
}
