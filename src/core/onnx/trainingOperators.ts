import { AlidadeError } from '../alidadeError';
import { apply, broadcast, int, numberLike, shapeError } from './applyOperator';
import { add, relu, scale, shift, subtract } from './operators';
import { int64Constant } from './value';
import type { Dimension, Shape, Value } from './value';

// Operators that losses, gates and gradients use besides operators.ts. ONNX Runtime has all of them for float64 too.

export interface GemmOptions {
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
  /** Added to every row: [columns]. */
  readonly bias?: Value;
}

/** left · right of two matrices, each as it is or transposed: [n, k] × [k, m] → [n, m]. */
export function gemm(left: Value, right: Value, options: GemmOptions = {}): Value {
  const { transposeLeft = false, transposeRight = false, bias } = options;
  const [rows, inner] = transposeLeft ? left.shape.toReversed() : left.shape;
  const [shared, columns] = transposeRight ? right.shape.toReversed() : right.shape;
  if (left.shape.length !== 2 || right.shape.length !== 2 || inner !== shared) throw shapeError('gemm', left, right);
  if (bias !== undefined && bias.shape.join() !== String(columns)) throw shapeError('gemm with bias', right, bias);
  const inputs = bias === undefined ? [left, right] : [left, right, bias];
  const attributes = { transA: int(transposeLeft ? 1 : 0), transB: int(transposeRight ? 1 : 0) };
  return apply('Gemm', inputs, attributes, [left.type, [rows, columns]]);
}

export function divide(left: Value, right: Value): Value {
  return apply('Div', [left, right], {}, [left.type, broadcast(left, right)]);
}

export function negate(value: Value): Value {
  return apply('Neg', [value], {}, [value.type, value.shape]);
}

export function exp(value: Value): Value {
  return apply('Exp', [value], {}, [value.type, value.shape]);
}

export function log(value: Value): Value {
  return apply('Log', [value], {}, [value.type, value.shape]);
}

export function sqrt(value: Value): Value {
  return apply('Sqrt', [value], {}, [value.type, value.shape]);
}

/** 1 / (1 + exp(−x)) */
export function sigmoid(value: Value): Value {
  return apply('Sigmoid', [value], {}, [value.type, value.shape]);
}

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)), without overflow; ONNX Runtime has its own for float32 alone. */
export function softplus(value: Value): Value {
  const positive = relu(value);
  const below = subtract(value, scale(positive, 2)); // −|x|
  return add(positive, log(shift(exp(below), 1)));
}

/** 0 and 1 as numbers: whether an element is above 0. */
export function isPositive(value: Value): Value {
  const above = apply('Greater', [value, numberLike(value, 0)], {}, ['bool', value.shape]);
  const code = value.type === 'float64' ? 11 : 1;
  return apply('Cast', [above], { to: int(code) }, [value.type, value.shape]);
}

/** The sum along some axes, whose length becomes 1. */
export function sumAlong(value: Value, axes: readonly number[]): Value {
  const constant = int64Constant(`axes_${axes.join('_')}`, axes, [axes.length]);
  const shape = value.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  return apply('ReduceSum', [value, constant], { keepdims: int(1) }, [value.type, shape]);
}

/** The sum of all elements: a scalar. */
export function sumOf(value: Value): Value {
  return apply('ReduceSum', [value], { keepdims: int(0) }, [value.type, []]);
}

/** The mean of all elements: a scalar. */
export function meanOf(value: Value): Value {
  return apply('ReduceMean', [value], { keepdims: int(0) }, [value.type, []]);
}

/** A value repeated along its axes of length 1, and along new ones before them, to the shape of another. */
export function expandLike(value: Value, other: Value): Value {
  if (value.shape.join() === other.shape.join()) return value;
  const shape = apply('Shape', [other], {}, ['int64', [other.shape.length]]);
  return apply('Expand', [value, shape], {}, [value.type, other.shape]);
}

/** A new shape with the same elements, that of another value. */
export function reshapeLike(value: Value, other: Value): Value {
  const shape = apply('Shape', [other], {}, ['int64', [other.shape.length]]);
  return apply('Reshape', [value, shape], {}, [value.type, other.shape]);
}

/** The same value, through which no gradient flows. */
export function stopGradient(value: Value): Value {
  return apply('Identity', [value], {}, [value.type, value.shape]);
}

/** The number of elements of a shape that is known. */
export function countElements(shape: Shape): number {
  return shape.reduce((product: number, dimension: Dimension) => {
    if (typeof dimension === 'string') {
      throw new AlidadeError({ code: 'internal', message: `graph: the dimension ${dimension} has no number` });
    }
    return product * dimension;
  }, 1);
}
