import { AlidadeError } from '../alidadeError';
import { numberLike } from './applyOperator';
import { multiply, reshape, scale, split, subtract, transpose } from './operators';
import {
  countElements,
  divide,
  exp,
  expandLike,
  gemm,
  isPositive,
  negate,
  reshapeLike,
  sumAlong,
} from './trainingOperators';
import type { Node, Value } from './value';

/** A node, and how fast the scalar changes with each of its outputs. */
export interface GradientStep {
  readonly node: Node;
  /** By output; undefined where nothing depends on one. */
  readonly gradients: readonly (Value | undefined)[];
}

/**
 * How fast the scalar changes with each input of a node, in their order: functions, since a gradient that nobody needs is
 * not made. undefined: the input has none, such as a shape.
 */
export type GradientRule = (step: GradientStep) => readonly ((() => Value) | undefined)[];

/** By ONNX operator. */
export const gradientRules: Readonly<Record<string, GradientRule | undefined>> = {
  Add: binary(({ gradient }) => [() => gradient, () => gradient]),
  Sub: binary(({ gradient }) => [() => gradient, () => negate(gradient)]),
  Mul: binary(({ gradient, left, right }) => [() => multiply(gradient, right), () => multiply(gradient, left)]),
  Div: binary(({ gradient, right, output }) => [
    () => divide(gradient, right),
    () => negate(divide(multiply(gradient, output), right)),
  ]),
  Neg: unary(({ gradient }) => negate(gradient)),
  Exp: unary(({ gradient, output }) => multiply(gradient, output)),
  Log: unary(({ gradient, input }) => divide(gradient, input)),
  Sqrt: unary(({ gradient, output }) => scale(divide(gradient, output), 0.5)),
  Relu: unary(({ gradient, output }) => multiply(gradient, isPositive(output))),
  Tanh: unary(({ gradient, output }) => multiply(gradient, oneMinus(multiply(output, output)))),
  Sigmoid: unary(({ gradient, output }) => multiply(gradient, multiply(output, oneMinus(output)))),
  Softmax: unary(({ gradient, output }) => {
    const weighed = multiply(gradient, output);
    return subtract(weighed, multiply(output, sumAlong(weighed, [output.shape.length - 1])));
  }),
  LogSoftmax: unary(({ gradient, output }) =>
    subtract(gradient, multiply(exp(output), sumAlong(gradient, [output.shape.length - 1]))),
  ),
  ReduceSum: unary(({ gradient, input, node }) => spread(gradient, input, node)),
  ReduceMean: unary(({ gradient, input, output, node }) =>
    scale(spread(gradient, input, node), countElements(output.shape) / countElements(input.shape)),
  ),
  Reshape: unary(({ gradient, input }) => reshapeLike(gradient, input)),
  Squeeze: unary(({ gradient, input }) => reshapeLike(gradient, input)),
  Unsqueeze: unary(({ gradient, input }) => reshapeLike(gradient, input)),
  Expand: unary(({ gradient, input }) => sumTo(gradient, input)),
  Transpose: unary(({ gradient, node }) => {
    const { perm } = node.attributes;
    const order = perm.kind === 'ints' ? perm.value : [];
    return transpose(
      gradient,
      order.map((_, axis) => order.indexOf(axis)),
    );
  }),
  Concat: ({ node, gradients: [gradient] }) => {
    const { axis } = node.attributes;
    const along = axis.kind === 'int' ? axis.value : 0;
    const sizes = node.inputs.map((input) => countElements([input?.shape[along] ?? 0]));
    const parts = gradient === undefined ? [] : split(gradient, along, sizes);
    return parts.map((part) => () => part);
  },
  Gemm: ({ node, gradients: [gradient] }) => {
    const [left, right, bias] = node.inputs;
    if (gradient === undefined || left === null || right === null) return [];
    const products = productGradients({
      gradient,
      left,
      right,
      isLeftTransposed: isSet(node, 'transA'),
      isRightTransposed: isSet(node, 'transB'),
    });
    return bias === undefined || bias === null ? products : [...products, () => sumTo(gradient, bias)];
  },
  MatMul: ({ node, gradients: [gradient] }) => matMulGradients(node, gradient),
  FusedMatMul: ({ node, gradients: [gradient] }) => matMulGradients(node, gradient),
};

interface UnaryStep {
  readonly node: Node;
  readonly gradient: Value;
  readonly input: Value;
  readonly output: Value;
}

/** Of an operator whose first input alone has a gradient. */
function unary(rule: (step: UnaryStep) => Value): GradientRule {
  return ({ node, gradients: [gradient] }) => {
    const input = node.inputs[0];
    if (input === null || gradient === undefined) return [];
    return [() => rule({ node, gradient, input, output: outputLike(node, gradient) })];
  };
}

interface BinaryStep {
  readonly gradient: Value;
  readonly left: Value;
  readonly right: Value;
  readonly output: Value;
}

/** Of an operator element by element: what was repeated for it gets the sum. */
function binary(rule: (step: BinaryStep) => readonly [() => Value, () => Value]): GradientRule {
  return ({ node, gradients: [gradient] }) => {
    const [left, right] = node.inputs;
    if (left === null || right === null || gradient === undefined) return [];
    const [ofLeft, ofRight] = rule({ gradient, left, right, output: outputLike(node, gradient) });
    return [() => sumTo(ofLeft(), left), () => sumTo(ofRight(), right)];
  };
}

/** The first output of a node: it has the type and shape of its gradient. */
function outputLike(node: Node, { type, shape }: Value): Value {
  return { type, shape, origin: { kind: 'node', node, output: 0 } };
}

function oneMinus(value: Value): Value {
  return subtract(numberLike(value, 1), value);
}

/** The sum over the axes along which `target` was repeated. */
function sumTo(gradient: Value, target: Value): Value {
  if (gradient.shape.join() === target.shape.join()) return gradient;
  const offset = gradient.shape.length - target.shape.length;
  const axes = gradient.shape.flatMap((dimension, axis) => {
    const own = axis < offset ? 1 : target.shape[axis - offset];
    return own === 1 && dimension !== 1 ? [axis] : [];
  });
  const summed = axes.length === 0 ? gradient : sumAlong(gradient, axes);
  return summed.shape.join() === target.shape.join() ? summed : reshapeLike(summed, target);
}

/** The gradient of a sum, repeated over what was summed. */
function spread(gradient: Value, input: Value, node: Node): Value {
  if (gradient.shape.length === 0) return expandLike(gradient, input);
  if (gradient.shape.length === input.shape.length) return expandLike(gradient, input);
  const axes = axesOf(node);
  const kept = input.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  return expandLike(reshape(gradient, kept), input);
}

/** The axes of a reduction: its second input, a constant. */
function axesOf(node: Node): number[] {
  const origin = node.inputs[1]?.origin;
  if (origin?.kind !== 'constant' || origin.data.kind !== 'inline') {
    throw internal(`${node.operator} over axes that are computed`);
  }
  const { buffer, byteOffset, byteLength } = origin.data.bytes;
  return Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number);
}

function isSet(node: Node, name: string): boolean {
  const attribute: Node['attributes'][string] | undefined = node.attributes[name];
  return attribute?.kind === 'int' && attribute.value === 1;
}

interface Product {
  /** With respect to L · R, where L and R are the matrices as they are multiplied. */
  readonly gradient: Value;
  readonly left: Value;
  readonly right: Value;
  readonly isLeftTransposed: boolean;
  readonly isRightTransposed: boolean;
}

/** dL = G · Rᵀ and dR = Lᵀ · G, each transposed again where its matrix was. */
function productGradients({ gradient, left, right, isLeftTransposed, isRightTransposed }: Product): (() => Value)[] {
  return [
    () =>
      isLeftTransposed
        ? gemm(right, gradient, { transposeLeft: isRightTransposed, transposeRight: true })
        : gemm(gradient, right, { transposeRight: !isRightTransposed }),
    () =>
      isRightTransposed
        ? gemm(gradient, left, { transposeLeft: true, transposeRight: isLeftTransposed })
        : gemm(left, gradient, { transposeLeft: !isLeftTransposed }),
  ];
}

/** [..., n, k] × a matrix: as one product of all rows. */
function matMulGradients(node: Node, gradient: Value | undefined): readonly (() => Value)[] {
  const [left, right] = node.inputs;
  if (left === null || right === null || gradient === undefined) return [];
  if (right.shape.length !== 2) throw internal(`the operator ${node.operator} of batches has no gradient`);
  const rows = (value: Value): Value => {
    const columns = countElements(value.shape.slice(-1));
    return value.shape.length === 2 ? value : reshape(value, [countElements(value.shape) / columns, columns]);
  };
  const [ofLeft, ofRight] = productGradients({
    gradient: rows(gradient),
    left: rows(left),
    right,
    isLeftTransposed: false,
    isRightTransposed: isSet(node, 'transB'),
  });
  return [() => (left.shape.length === 2 ? ofLeft() : reshapeLike(ofLeft(), left)), ofRight];
}

function internal(message: string): AlidadeError {
  return new AlidadeError({ code: 'internal', message: `graph: ${message}` });
}
