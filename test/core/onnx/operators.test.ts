import * as op from '../../../src/core/onnx/operators';
import { floatConstant, graphInput, int64Constant } from '../../../src/core/onnx/value';
import type { Value } from '../../../src/core/onnx/value';
import assert from 'node:assert/strict';
import { assertClose } from '../../fixtures/assertClose';
import { floatTensor, int64Tensor, runGraph } from '../../fixtures/runGraph';
import { seededRandom } from '../../fixtures/seededRandom';

const random = seededRandom(17);
const randoms = (count: number): number[] => Array.from({ length: count }, () => Math.fround(2 * random.next() - 1));
const rowsOf = (values: readonly number[], width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));

/** Runs one operator over an input x [3, 4] and gives values and shape. */
async function apply(values: readonly number[], build: (x: Value) => Value) {
  const x = graphInput('x', 'float32', ['rows', 4]);
  const { y } = await runGraph({
    inputs: [x],
    outputs: { y: build(x) },
    feeds: { x: floatTensor(values, [values.length / 4, 4]) },
  });
  return y;
}

describe('operators in ONNX Runtime', () => {
  const values = randoms(12);
  const matrix = rowsOf(values, 4);
  const tolerance = 2e-6;

  it('matMul multiplies by the matrix or by its transpose', async () => {
    const weights = randoms(20);
    const straight = rowsOf(weights, 5); // [4, 5]
    const transposed = rowsOf(weights, 4); // [5, 4]
    const plain = await apply(values, (x) => op.matMul(x, floatConstant('w', weights, [4, 5])));
    const turned = await apply(values, (x) =>
      op.matMul(x, floatConstant('w', weights, [5, 4]), { transposeRight: true }),
    );
    const sum = (row: readonly number[], weightAt: (k: number) => number): number =>
      row.reduce((total, value, k) => total + value * weightAt(k), 0);
    const columns = [0, 1, 2, 3, 4];
    assert.deepEqual(plain.dims, [3, 5]);
    assert.deepEqual(turned.dims, [3, 5]);
    assertClose(
      plain.values,
      matrix.flatMap((row) => columns.map((column) => sum(row, (k) => straight[k][column]))),
      { tolerance },
    );
    assertClose(
      turned.values,
      matrix.flatMap((row) => columns.map((column) => sum(row, (k) => transposed[column][k]))),
      { tolerance },
    );
  });

  it('add, subtract and multiply broadcast over the left axes, absolute is of each element', async () => {
    const other = randoms(4);
    const constant = floatConstant('other', other, [4]);
    const at = (index: number): number => other[index % 4];
    const expected: [(x: Value) => Value, (value: number, index: number) => number][] = [
      [(x) => op.add(x, constant), (value, index) => value + at(index)],
      [(x) => op.subtract(x, constant), (value, index) => value - at(index)],
      [(x) => op.subtract(constant, x), (value, index) => at(index) - value],
      [(x) => op.multiply(x, constant), (value, index) => value * at(index)],
      [(x) => op.absolute(x), (value) => Math.abs(value)],
    ];
    for (const [build, naive] of expected)
      assertClose((await apply(values, build)).values, values.map(naive), { tolerance });
  });

  it('silu is x · sigmoid(x)', async () => {
    const wide = values.map((value) => 8 * value);
    const { values: actual } = await apply(wide, op.silu);
    assertClose(
      actual,
      wide.map((x) => x / (1 + Math.exp(-x))),
      { tolerance },
    );
  });

  const weight = randoms(4);
  const normOf = (row: readonly number[], epsilon: number): number[] => {
    const meanSquare = row.reduce((sum, x) => sum + x * x, 0) / row.length;
    return row.map((x, index) => (x / Math.sqrt(meanSquare + epsilon)) * weight[index]);
  };

  it('rmsNorm divides by the root of the mean square plus epsilon', async () => {
    // An epsilon of the size of the values shows where it is added.
    const { values: actual } = await apply(values, (x) => op.rmsNorm(x, floatConstant('w', weight, [4]), 0.5));
    assertClose(
      actual,
      matrix.flatMap((row) => normOf(row, 0.5)),
      { tolerance },
    );
  });

  it('skipRmsNorm gives the sum and its norm', async () => {
    const skip = randoms(12);
    const x = graphInput('x', 'float32', [1, 'rows', 4]);
    const s = graphInput('s', 'float32', [1, 'rows', 4]);
    const { normed, sum } = op.skipRmsNorm(x, s, floatConstant('w', weight, [4]), 0.25);
    const result = await runGraph({
      inputs: [x, s],
      outputs: { normed, sum },
      feeds: { x: floatTensor(values, [1, 3, 4]), s: floatTensor(skip, [1, 3, 4]) },
    });
    const added = values.map((value, index) => value + skip[index]);
    assertClose(result['sum'].values, added, { tolerance });
    assertClose(
      result['normed'].values,
      rowsOf(added, 4).flatMap((row) => normOf(row, 0.25)),
      { tolerance },
    );
  });

  it('gather takes rows, or columns along axis 1', async () => {
    const picks = int64Constant('picks', [2, 0, 2], [3]);
    const rows = await apply(values, (x) => op.gather(x, picks));
    assert.deepEqual(rows, { dims: [3, 4], values: [...matrix[2], ...matrix[0], ...matrix[2]] });
    const columns = await apply(values, (x) => op.gather(x, picks, 1));
    assert.deepEqual(columns, { dims: [3, 3], values: matrix.flatMap((row) => [row[2], row[0], row[2]]) });
  });

  it('softmax, and gatherElements of logSoftmax, run over the last axis', async () => {
    const wide = values.map((value) => 20 * value);
    const targets = [3, 0, 1];
    const shares = rowsOf(wide, 4).map((row) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / total);
    });
    assertClose((await apply(wide, op.softmax)).values, shares.flat(), { tolerance });
    const { dims, values: logarithms } = await apply(wide, (x) =>
      op.gatherElements(op.logSoftmax(x), int64Constant('targets', targets, [3, 1])),
    );
    assert.deepEqual(dims, [3, 1]);
    assertClose(
      logarithms,
      shares.map((row, index) => Math.log(row[targets[index]])),
      { tolerance: 1e-5 },
    );
  });

  it('slice and concat cut and join on their axis', async () => {
    const at = (value: number): Value => int64Constant(`at_${value}`, [value], [1]);
    const turned = await apply(values, (x) =>
      op.concat([op.slice(x, at(2), at(4), 1, 2), op.slice(x, at(0), at(2), 1, 2)], 1, 4),
    );
    assert.deepEqual(turned, { dims: [3, 4], values: matrix.flatMap((row) => [row[2], row[3], row[0], row[1]]) });
    const joined = await apply(values, (x) => op.concat([op.slice(x, at(1), at(2), 0, 1), x], 0, 'more'));
    assert.deepEqual(joined, { dims: [4, 4], values: [...matrix[1], ...values] });
  });

  it('reshape, transpose, unsqueeze and squeeze move elements as their shapes say', async () => {
    const { dims, values: actual } = await apply(values, (x) =>
      op.squeeze(op.unsqueeze(op.transpose(op.reshape(x, ['rows', 2, 2]), [2, 0, 1]), [0, 4]), [0]),
    );
    const expected = [0, 1].flatMap((k) => matrix.flatMap((row) => [row[k], row[2 + k]]));
    assert.deepEqual(dims, [2, 3, 2, 1]);
    assert.deepEqual(actual, expected);
  });

  it('range, comparisons and where make a mask', async () => {
    const limit = graphInput('limit', 'int64', []);
    const positions = op.range(limit, 'n');
    const [down, across] = [op.unsqueeze(positions, [1]), op.unsqueeze(positions, [0])];
    const near = op.lessOrEqual(down, op.add(across, int64Constant('reach', [1], [])));
    const mask = op.where(
      op.logicalAnd(op.lessOrEqual(across, down), near),
      floatConstant('visible', [0], []),
      floatConstant('hidden', [-7], []),
    );
    const { y } = await runGraph({ inputs: [limit], outputs: { y: mask }, feeds: { limit: int64Tensor([4], []) } });
    const expected = [0, 1, 2, 3].flatMap((q) => [0, 1, 2, 3].map((k) => (k <= q && q <= k + 1 ? 0 : -7)));
    assert.deepEqual(y, { dims: [4, 4], values: expected });
  });

  it('sizeOf and cast give the length of an axis as a number of another type', async () => {
    const { dims, values: length } = await apply(values, (x) => op.cast(op.sizeOf(x, 0), 'float32'));
    assert.deepEqual({ dims, length }, { dims: [1], length: [3] });
  });
});

describe('operators that cannot be', () => {
  const refused = (build: () => unknown): void => assert.throws(build, /^AlidadeError: graph: /);
  const x = graphInput('x', 'float32', ['rows', 4]);

  it('refuse factors whose inner dimensions differ', () => {
    refused(() => op.matMul(x, floatConstant('w', [1, 2, 3, 4, 5], [5, 1])));
    refused(() => op.matMul(x, floatConstant('w', [1, 2, 3, 4], [4, 1]), { transposeRight: true }));
  });

  it('refuse shapes that do not broadcast', () => {
    refused(() => op.add(x, floatConstant('b', [1, 2, 3], [3])));
    refused(() => op.multiply(x, graphInput('other', 'float32', ['columns', 4])));
    refused(() => op.skipRmsNorm(x, graphInput('s', 'float32', ['rows', 5]), floatConstant('w', [1], [1]), 0));
  });

  it('refuse a reshape with two open dimensions', () => {
    refused(() => op.reshape(x, ['a', 'b', 2]));
  });
});
