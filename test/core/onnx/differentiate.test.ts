import assert from 'node:assert/strict';
import { differentiate } from '../../../src/core/onnx/differentiate';
import * as op from '../../../src/core/onnx/operators';
import * as train from '../../../src/core/onnx/trainingOperators';
import { float64Constant, graphInput } from '../../../src/core/onnx/value';
import type { Value } from '../../../src/core/onnx/value';
import { AlidadeError } from '../../../src/core/alidadeError';
import { seededRandom } from '../../../src/core/seededRandom';
import { gradientError } from '../../fixtures/gradientError';
import { Tensor } from 'onnxruntime-node';
import { runGraph } from '../../fixtures/runGraph';

/** Every element counts differently, so that a gradient at the wrong place is seen. */
function weighed(value: Value): Value {
  const random = seededRandom(3);
  const count = train.countElements(value.shape);
  const weights = Array.from({ length: count }, () => 2 * random() - 1);
  return train.sumOf(op.multiply(value, float64Constant(`weights_${value.shape.join('_')}`, weights, value.shape)));
}

type Inputs = Readonly<Record<string, Value>>;

interface OperatorCase {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly between?: readonly [number, number];
  readonly build: (inputs: Inputs) => Value;
}

const matrices = { a: [3, 4], b: [3, 4] };
const positive = [0.5, 2] as const;
const one = { a: [3, 4] };

const cases: Readonly<Record<string, OperatorCase>> = {
  Add: { shapes: matrices, build: ({ a, b }) => op.add(a, b) },
  'Add, one row repeated': { shapes: { a: [3, 4], b: [4] }, build: ({ a, b }) => op.add(a, b) },
  'Add, a scalar repeated': { shapes: { a: [], b: [3, 4] }, build: ({ a, b }) => op.add(a, b) },
  'Add, both repeated': { shapes: { a: [3, 1], b: [1, 4] }, build: ({ a, b }) => op.add(a, b) },
  Sub: { shapes: matrices, build: ({ a, b }) => op.subtract(a, b) },
  'Sub, one column repeated': { shapes: { a: [3, 4], b: [3, 1] }, build: ({ a, b }) => op.subtract(a, b) },
  Mul: { shapes: matrices, build: ({ a, b }) => op.multiply(a, b) },
  'Mul, a batch of rows': { shapes: { a: [2, 3, 4], b: [3, 1] }, build: ({ a, b }) => op.multiply(a, b) },
  'Mul with itself': { shapes: one, build: ({ a }) => op.multiply(a, a) },
  Div: { shapes: matrices, between: positive, build: ({ a, b }) => train.divide(a, b) },
  'Div, one row repeated': {
    shapes: { a: [3, 4], b: [4] },
    between: positive,
    build: ({ a, b }) => train.divide(a, b),
  },
  Neg: { shapes: one, build: ({ a }) => train.negate(a) },
  Exp: { shapes: one, build: ({ a }) => train.exp(a) },
  Log: { shapes: one, between: positive, build: ({ a }) => train.log(a) },
  Sqrt: { shapes: one, between: positive, build: ({ a }) => train.sqrt(a) },
  Relu: { shapes: one, build: ({ a }) => op.relu(a) },
  Tanh: { shapes: one, build: ({ a }) => op.tanh(a) },
  Sigmoid: { shapes: one, build: ({ a }) => train.sigmoid(a) },
  softplus: { shapes: one, between: [-30, 30], build: ({ a }) => train.softplus(a) },
  Softmax: { shapes: one, build: ({ a }) => op.softmax(a) },
  LogSoftmax: { shapes: one, build: ({ a }) => op.logSoftmax(a) },
  'ReduceSum of an axis that goes': { shapes: { a: [2, 3, 4] }, build: ({ a }) => op.reduceSum(a, 1) },
  'ReduceSum of axes that stay': { shapes: { a: [2, 3, 4] }, build: ({ a }) => train.sumAlong(a, [0, 2]) },
  'ReduceSum of everything': { shapes: one, build: ({ a }) => train.sumOf(op.multiply(a, a)) },
  ReduceMean: { shapes: one, build: ({ a }) => train.meanOf(op.multiply(a, a)) },
  Reshape: { shapes: { a: [2, 6] }, build: ({ a }) => op.reshape(a, [3, 4]) },
  Squeeze: { shapes: { a: [3, 1, 2] }, build: ({ a }) => op.squeeze(a, [1]) },
  Unsqueeze: { shapes: one, build: ({ a }) => op.unsqueeze(a, [0, 3]) },
  Transpose: { shapes: { a: [2, 3, 4] }, build: ({ a }) => op.transpose(a, [2, 0, 1]) },
  Expand: { shapes: { a: [3, 1], b: [2, 3, 4] }, build: ({ a, b }) => op.multiply(train.expandLike(a, b), b) },
  Concat: { shapes: { a: [3, 2], b: [3, 4] }, build: ({ a, b }) => op.concat([a, b, a], 1, 8) },
  MatMul: { shapes: { a: [3, 4], b: [4, 2] }, build: ({ a, b }) => op.matMul(a, b) },
  'MatMul of a batch': { shapes: { a: [2, 3, 4], b: [4, 2] }, build: ({ a, b }) => op.matMul(a, b) },
  FusedMatMul: { shapes: { a: [3, 4], b: [2, 4] }, build: ({ a, b }) => op.matMul(a, b, { transposeRight: true }) },
  'FusedMatMul of a batch': {
    shapes: { a: [2, 3, 4], b: [2, 4] },
    build: ({ a, b }) => op.matMul(a, b, { transposeRight: true }),
  },
  Gemm: { shapes: { a: [3, 4], b: [4, 2] }, build: ({ a, b }) => train.gemm(a, b) },
  'Gemm, left transposed': {
    shapes: { a: [4, 3], b: [4, 2] },
    build: ({ a, b }) => train.gemm(a, b, { transposeLeft: true }),
  },
  'Gemm, right transposed, with bias': {
    shapes: { a: [3, 4], b: [2, 4], bias: [2] },
    build: ({ a, b, bias }) => train.gemm(a, b, { transposeRight: true, bias }),
  },
  'Gemm, both transposed': {
    shapes: { a: [4, 3], b: [2, 4] },
    build: ({ a, b }) => train.gemm(a, b, { transposeLeft: true, transposeRight: true }),
  },
  'Gemm of a matrix with itself': {
    shapes: one,
    build: ({ a }) => train.gemm(a, a, { transposeRight: true }),
  },
  'a value used twice': { shapes: one, build: ({ a }) => op.multiply(op.tanh(a), train.exp(op.tanh(a))) },
};

function float64Tensor(values: readonly number[]): Tensor {
  return new Tensor('float64', Float64Array.from(values), [values.length]);
}

describe('differentiate', () => {
  for (const [name, { build, ...rest }] of Object.entries(cases)) {
    it(`agrees with finite differences: ${name}`, async () => {
      const error = await gradientError({ ...rest, build: (inputs) => weighed(build(inputs)) });
      assert.ok(error < 1e-6, `off by ${error}`);
    });
  }

  it('agrees with finite differences through several layers', async () => {
    const error = await gradientError({
      shapes: { x: [5, 3], w1: [4, 3], b1: [4], w2: [2, 4], b2: [2] },
      build: ({ x, w1, b1, w2, b2 }) => {
        const hidden = op.tanh(train.gemm(x, w1, { transposeRight: true, bias: b1 }));
        const output = train.gemm(op.add(hidden, op.relu(hidden)), w2, { transposeRight: true, bias: b2 });
        return train.meanOf(train.softplus(op.reduceSum(op.softmax(output), 1)));
      },
    });
    assert.ok(error < 1e-6, `off by ${error}`);
  });

  it('lets no gradient through what is held constant', async () => {
    const a = graphInput('a', 'float64', [2]);
    const product = train.sumOf(op.multiply(a, train.stopGradient(a)));
    const [gradient] = differentiate(product, [a]);
    const { out } = await runGraph({
      inputs: [a],
      outputs: { out: gradient },
      feeds: { a: float64Tensor([3, -5]) },
    });
    assert.deepEqual(out.values, [3, -5]);
  });

  it('gives zeros for an input that the scalar does not depend on', async () => {
    const [a, b] = [graphInput('a', 'float64', [2]), graphInput('b', 'float64', [2])];
    const [gradient] = differentiate(train.sumOf(a), [b]);
    const { out } = await runGraph({
      inputs: [a, b],
      outputs: { out: gradient },
      feeds: { a: float64Tensor([3, -5]), b: float64Tensor([1, 1]) },
    });
    assert.deepEqual(out.values, [0, 0]);
  });

  it('names an operator without a rule, where it matters', () => {
    const [a, b] = [graphInput('a', 'float64', [2]), graphInput('b', 'float64', [2])];
    const scalar = train.sumOf(op.multiply(op.absolute(a), b));
    assert.throws(() => differentiate(scalar, [a]), /the operator Abs has no gradient/);
    assert.equal(differentiate(scalar, [b]).length, 1);
  });

  it('refuses a value that is not one number, a parameter that is not an input, and products of batches', () => {
    const a = graphInput('a', 'float64', [2, 3, 3]);
    const isInternal = (error: unknown): boolean => error instanceof AlidadeError && error.code === 'internal';
    assert.throws(() => differentiate(a, [a]), isInternal);
    assert.throws(() => differentiate(train.sumOf(a), [op.relu(a)]), isInternal);
    assert.throws(() => differentiate(train.sumOf(op.matMul(a, a)), [a]), isInternal);
  });

  it('is not bounded by the depth of a graph', () => {
    const a = graphInput('a', 'float64', [2]);
    let deep: Value = a;
    for (let layer = 0; layer < 20_000; layer++) deep = op.tanh(deep);
    assert.equal(differentiate(train.sumOf(deep), [a])[0].shape.join(), '2');
  });
});
