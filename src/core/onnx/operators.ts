import { AlidadeError } from '../alidadeError';
import { apply, broadcast, float, int, ints, last, numberLike, outputOf, shapeError } from './applyOperator';
import { int64Constant } from './value';
import type { Dimension, ElementType, Node, Shape, Value } from './value';

// Operators as functions from values to values. Shapes are inferred at once, so that a mistake points at the line that
// made it. Semantics: https://onnx.ai/onnx/operators/ and, for com.microsoft, ONNX Runtime's ContribOperators.md.

/** left · right, or left · rightᵀ with `transposeRight`: [..., n, k] × [k, m] (or [m, k]) → [..., n, m]. */
export function matMul(left: Value, right: Value, options: { readonly transposeRight?: boolean } = {}): Value {
  const transposed = options.transposeRight === true;
  const inner = last(left.shape);
  const shared = right.shape[right.shape.length - (transposed ? 1 : 2)];
  if (inner !== shared) throw shapeError('matMul', left, right);
  const columns = right.shape[right.shape.length - (transposed ? 2 : 1)];
  const shape = [...left.shape.slice(0, -1), columns];
  return transposed
    ? apply('FusedMatMul', [left, right], { transB: int(1) }, [left.type, shape], 'com.microsoft')
    : apply('MatMul', [left, right], {}, [left.type, shape]);
}

export function add(left: Value, right: Value): Value {
  return apply('Add', [left, right], {}, [left.type, broadcast(left, right)]);
}

export function subtract(left: Value, right: Value): Value {
  return apply('Sub', [left, right], {}, [left.type, broadcast(left, right)]);
}

export function multiply(left: Value, right: Value): Value {
  return apply('Mul', [left, right], {}, [left.type, broadcast(left, right)]);
}

export function absolute(value: Value): Value {
  return apply('Abs', [value], {}, [value.type, value.shape]);
}

/** The largest element along one axis, whose length becomes 1. */
export function reduceMax(value: Value, axis: number): Value {
  return reduce('ReduceMax', value, axis, 1);
}

/** The sum along one axis, which goes. */
export function reduceSum(value: Value, axis: number): Value {
  return reduce('ReduceSum', value, axis, 0);
}

function reduce(operator: 'ReduceMax' | 'ReduceSum', value: Value, axis: number, keepDimension: 0 | 1): Value {
  const axes = int64Constant(`axis_${axis}`, [axis], [1]);
  const kept = value.shape.map((dimension, index) => (index === axis ? 1 : dimension));
  const shape = keepDimension === 1 ? kept : kept.filter((_, index) => index !== axis);
  return apply(operator, [value, axes], { keepdims: int(keepDimension) }, [value.type, shape]);
}

/** A tensor of one element repeated: [dimension]. `length` is int64 [1]. */
export function repeat(value: Value, length: Value, dimension: Dimension): Value {
  return apply('Expand', [value, length], {}, [value.type, [dimension]]);
}

/** saturate(round(x / scale) + zero point) with one scale and zero point for each index of `axis`. */
export function quantizeLinear(value: Value, scales: Value, zeroPoints: Value, axis: number): Value {
  return apply('QuantizeLinear', [value, scales, zeroPoints], { axis: int(axis) }, [zeroPoints.type, value.shape]);
}

/** (left − zero point) · right in integers, times both scales; uint8 [..., k] × int8 [k, n] → F32 [..., n]. */
export function matMulIntegerToFloat(
  left: Value,
  right: Value,
  options: { readonly leftScale: Value; readonly rightScale: Value; readonly leftZeroPoint: Value },
): Value {
  if (last(left.shape) !== right.shape[0]) throw shapeError('matMulIntegerToFloat', left, right);
  const inputs = [left, right, options.leftScale, options.rightScale, options.leftZeroPoint];
  const shape = [...left.shape.slice(0, -1), right.shape[1]];
  return apply('MatMulIntegerToFloat', inputs, {}, ['float32', shape], 'com.microsoft');
}

/** com.microsoft.MatMulNBits: [..., inputs] × blocks of `bits` → [..., outputs]. Level 1: F32; 4: activations in int8. */
export function matMulNBits(
  value: Value,
  weight: {
    readonly bits: number;
    readonly blockSize: number;
    readonly outputs: number;
    readonly inputs: number;
    readonly values: Value;
    readonly scales: Value;
    readonly zeroPoints: Value | null;
  },
  accuracyLevel: 1 | 4,
): Value {
  if (last(value.shape) !== weight.inputs) throw shapeError('matMulNBits', value, weight.values);
  const attributes = {
    K: int(weight.inputs),
    N: int(weight.outputs),
    bits: int(weight.bits),
    block_size: int(weight.blockSize),
    accuracy_level: int(accuracyLevel),
  };
  const { values, scales, zeroPoints } = weight;
  const inputs = [value, values, scales, ...(zeroPoints === null ? [] : [zeroPoints])];
  const shape = [...value.shape.slice(0, -1), weight.outputs];
  return apply('MatMulNBits', inputs, attributes, [value.type, shape], 'com.microsoft');
}

/** com.microsoft.GatherBlockQuantized: rows of a table in blocks, as floats. The table is uint8 [rows, size · bits / 8]. */
export function gatherBlockQuantized(
  table: {
    readonly bits: number;
    readonly blockSize: number;
    readonly inputs: number;
    readonly values: Value;
    readonly scales: Value; // [rows, blocks]
    readonly zeroPoints: Value | null;
  },
  indices: Value,
): Value {
  const { values, scales, zeroPoints } = table;
  const attributes = {
    bits: int(table.bits),
    block_size: int(table.blockSize),
    gather_axis: int(0),
    quantize_axis: int(1),
  };
  const inputs = [values, indices, scales, ...(zeroPoints === null ? [] : [zeroPoints])];
  const shape = [...indices.shape, table.inputs];
  return apply('GatherBlockQuantized', inputs, attributes, [scales.type, shape], 'com.microsoft');
}

/** x · sigmoid(x); ONNX Runtime fuses the two. */
export function silu(value: Value): Value {
  return multiply(value, apply('Sigmoid', [value], {}, [value.type, value.shape]));
}

/** x · Φ(x) with the exact error function. */
export function gelu(value: Value): Value {
  return apply('Gelu', [value], {}, [value.type, value.shape], 'com.microsoft');
}

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) (Hendrycks and Gimpel 2016). */
export function geluTanh(value: Value): Value {
  return apply('FastGelu', [value], {}, [value.type, value.shape], 'com.microsoft');
}

export function relu(value: Value): Value {
  return apply('Relu', [value], {}, [value.type, value.shape]);
}

export function tanh(value: Value): Value {
  return apply('Tanh', [value], {}, [value.type, value.shape]);
}

/** value · factor */
export function scale(value: Value, factor: number): Value {
  return factor === 1 ? value : multiply(value, numberLike(value, factor));
}

/** value + term */
export function shift(value: Value, term: number): Value {
  return term === 0 ? value : add(value, numberLike(value, term));
}

/** cap · tanh(x / cap): keeps x between −cap and cap (Gemma Team 2024, §2). */
export function softcap(value: Value, cap: number): Value {
  return scale(tanh(scale(value, 1 / cap)), cap);
}

/** Rows of `data` along axis 0 (or `axis`) at the given indices. */
export function gather(data: Value, indices: Value, axis = 0): Value {
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  return apply('Gather', [data, indices], { axis: int(axis) }, [data.type, shape]);
}

/** x / sqrt(mean(x²) + ε) · weight over the last axis (Zhang and Sennrich 2019, eq. 4). */
export function rmsNorm(value: Value, weight: Value, epsilon: number): Value {
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  return apply('SimplifiedLayerNormalization', [value, weight], attributes, [value.type, value.shape]);
}

/** sum = value + skip and rmsNorm(sum), in one pass over memory. */
export function skipRmsNorm(
  value: Value,
  skip: Value,
  weight: Value,
  epsilon: number,
): { readonly normed: Value; readonly sum: Value } {
  const node: Node = {
    operator: 'SkipSimplifiedLayerNormalization',
    domain: 'com.microsoft',
    inputs: [value, skip, weight],
    attributes: { epsilon: float(epsilon) },
    outputCount: 4,
  };
  const shape = broadcast(value, skip);
  return { normed: outputOf(node, 0, value.type, shape), sum: outputOf(node, 3, value.type, shape) };
}

/** (x − mean) / sqrt(variance + ε) · weight + bias over the last axis. */
export function layerNorm(value: Value, { weight, bias }: NormWeights, epsilon: number): Value {
  const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) };
  return apply('LayerNormalization', [value, weight, bias], attributes, [value.type, value.shape]);
}

export interface NormWeights {
  readonly weight: Value;
  readonly bias: Value;
}

/** sum = value + skip and layerNorm(sum), in one pass over memory. */
export function skipLayerNorm(
  value: Value,
  skip: Value,
  { weight, bias }: NormWeights,
  epsilon: number,
): { readonly normed: Value; readonly sum: Value } {
  const node: Node = {
    operator: 'SkipLayerNormalization',
    domain: 'com.microsoft',
    inputs: [value, skip, weight, bias],
    attributes: { epsilon: float(epsilon) },
    outputCount: 4,
  };
  const shape = broadcast(value, skip);
  return { normed: outputOf(node, 0, value.type, shape), sum: outputOf(node, 3, value.type, shape) };
}

/** The parts of a value along an axis, of the given sizes. */
export function split(value: Value, axis: number, sizes: readonly number[]): Value[] {
  const lengths = int64Constant(`split_${sizes.join('_')}`, sizes, [sizes.length]);
  const node: Node = {
    operator: 'Split',
    domain: '',
    inputs: [value, lengths],
    attributes: { axis: int(axis) },
    outputCount: sizes.length,
  };
  return sizes.map((size, index) =>
    outputOf(
      node,
      index,
      value.type,
      value.shape.map((old, at) => (at === axis ? size : old)),
    ),
  );
}

/** A new shape with the same elements; one dimension may be a name, which stands for what is left. */
export function reshape(value: Value, shape: Shape): Value {
  const unknown = shape.filter((dimension) => typeof dimension === 'string').length;
  if (1 < unknown) throw new AlidadeError({ code: 'internal', message: `graph: cannot reshape to [${shape.join()}]` });
  const target = shape.map((dimension) => (typeof dimension === 'number' ? dimension : -1));
  const constant = int64Constant(`shape_${target.join('_')}`, target, [target.length]);
  return apply('Reshape', [value, constant], {}, [value.type, shape]);
}

export function transpose(value: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => value.shape[axis]);
  return apply('Transpose', [value], { perm: ints(order) }, [value.type, shape]);
}

export function softmax(value: Value): Value {
  return apply('Softmax', [value], { axis: int(-1) }, [value.type, value.shape]);
}

export function logSoftmax(value: Value): Value {
  return apply('LogSoftmax', [value], { axis: int(-1) }, [value.type, value.shape]);
}

/** value[i, indices[i, j]] along the last axis. */
export function gatherElements(value: Value, indices: Value): Value {
  return apply('GatherElements', [value, indices], { axis: int(-1) }, [value.type, indices.shape]);
}

export function concat(values: readonly Value[], axis: number, dimension: Dimension): Value {
  const first = values[0];
  const shape = first.shape.map((old, index) => (index === axis ? dimension : old));
  return apply('Concat', values, { axis: int(axis) }, [first.type, shape]);
}

/** value[..., from:to, ...] on one axis; `from` and `to` are int64 tensors of one element. */
export function slice(value: Value, from: Value, to: Value, axis: number, dimension: Dimension): Value {
  const shape = value.shape.map((old, index) => (index === axis ? dimension : old));
  const axes = int64Constant(`axis_${axis}`, [axis], [1]);
  return apply('Slice', [value, from, to, axes], {}, [value.type, shape]);
}

/** The number of elements along one axis, int64 [1]. */
export function sizeOf(value: Value, axis: number): Value {
  return apply('Shape', [value], { start: int(axis), end: int(axis + 1) }, ['int64', [1]]);
}

/** 0, 1, …, limit − 1; int64 [dimension]. `limit` is an int64 scalar. */
export function range(limit: Value, dimension: Dimension): Value {
  const zero = int64Constant('range_start', [0], []);
  const one = int64Constant('range_step', [1], []);
  return apply('Range', [zero, limit, one], {}, ['int64', [dimension]]);
}

export function lessOrEqual(left: Value, right: Value): Value {
  return apply('LessOrEqual', [left, right], {}, ['bool', broadcast(left, right)]);
}

export function logicalAnd(left: Value, right: Value): Value {
  return apply('And', [left, right], {}, ['bool', broadcast(left, right)]);
}

export function where(condition: Value, left: Value, right: Value): Value {
  const shape = condition.shape;
  return apply('Where', [condition, left, right], {}, [left.type, shape]);
}

export function cast(value: Value, type: ElementType): Value {
  const codes: Partial<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, float16: 10 };
  return apply('Cast', [value], { to: int(codes[type] ?? 1) }, [type, value.shape]);
}

/** A tensor of the same elements with axes of length 1 removed. */
export function squeeze(value: Value, axes: readonly number[]): Value {
  const shape = value.shape.filter((_, index) => !axes.includes(index));
  const constant = int64Constant(`axes_${axes.join('_')}`, axes, [axes.length]);
  return apply('Squeeze', [value, constant], {}, [value.type, shape]);
}

/** A tensor of the same elements with axes of length 1 put in, at their places in the result. */
export function unsqueeze(value: Value, axes: readonly number[]): Value {
  const shape: Dimension[] = [...value.shape];
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  const constant = int64Constant(`axes_${axes.join('_')}`, axes, [axes.length]);
  return apply('Unsqueeze', [value, constant], {}, [value.type, shape]);
}

export interface AttentionInputs {
  readonly query: Value; // [1, tokens, heads * headDim]
  readonly key: Value; // [1, tokens, kvHeads * headDim]
  readonly value: Value; // [1, tokens, kvHeads * headDim]
  readonly pastKey: Value; // [1, kvHeads, capacity, headDim]
  readonly pastValue: Value; // [1, kvHeads, capacity, headDim]
  /** Tokens in the cache after this run, less one; int32 [1]. */
  readonly lastPosition: Value;
  /** Tokens in the cache after this run; int32 scalar. */
  readonly totalTokens: Value;
  /** Null: queries and keys are not rotated. */
  readonly rotary: RotaryInputs | null;
  /** Where tokens of several sequences share the cache; null: the cache is one sequence. */
  readonly packing: Packing | null;
}

export interface RotaryInputs {
  readonly cosine: Value; // [positions, rotary / 2]
  readonly sine: Value; // [positions, rotary / 2]
}

/** Who is who among tokens of several sequences in one cache. */
export interface Packing {
  /** Position of each new token in its own sequence; int64 [1, tokens]. */
  readonly positionIds: Value;
  /** Added to the scores: 0 where a new token may see a token of the cache, else very negative; [1, 1, tokens, total]. */
  readonly bias: Value;
}

export interface AttentionOptions {
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  /** A token sees itself and the window − 1 before it; null: all before it. */
  readonly window: number | null;
  readonly headDim: number;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** c · tanh(score / c) before the mask; null: none. */
  readonly softcap: number | null;
}

/** com.microsoft.GroupQueryAttention: rotary embedding, cache update and causal attention in one kernel. */
export function groupQueryAttention(
  inputs: AttentionInputs,
  options: AttentionOptions,
): { readonly output: Value; readonly presentKey: Value; readonly presentValue: Value } {
  const { packing, rotary } = inputs;
  const { window, scale, softcap, headDim } = options;
  const node: Node = {
    operator: 'GroupQueryAttention',
    domain: 'com.microsoft',
    inputs: [
      inputs.query,
      inputs.key,
      inputs.value,
      inputs.pastKey,
      inputs.pastValue,
      inputs.lastPosition,
      inputs.totalTokens,
      ...(rotary !== null ? [rotary.cosine, rotary.sine] : packing === null ? [] : [null, null]),
      ...(packing === null ? [] : [packing.positionIds, packing.bias]),
    ],
    attributes: {
      num_heads: int(options.headCount),
      kv_num_heads: int(options.keyValueHeadCount),
      do_rotary: int(rotary === null ? 0 : 1),
      ...(scale === headDim ** -0.5 ? {} : { scale: float(scale) }),
      ...(softcap === null ? {} : { softcap: float(softcap) }),
      // Slots of a shared cache are not distances: there the window is in the bias.
      ...(window === null || packing !== null ? {} : { local_window_size: int(window) }),
    },
    outputCount: 3,
  };
  const { query, pastKey, pastValue } = inputs;
  return {
    output: outputOf(node, 0, query.type, query.shape),
    presentKey: outputOf(node, 1, query.type, pastKey.shape),
    presentValue: outputOf(node, 2, query.type, pastValue.shape),
  };
}
