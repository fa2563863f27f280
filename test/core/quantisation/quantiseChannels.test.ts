import assert from 'node:assert/strict';
import { quantiseChannels } from '../../../src/core/quantisation/quantiseChannels';
import { relativeLoss } from '../../../src/core/quantisation/quantisationLoss';
import { hardBlocks, normalWeights } from '../../fixtures/weightsToQuantise';

/** The whole matrix, some rows at a time; values by [input][output]. */
function run(weights: Float32Array, inputs: number, rowsAtATime: number) {
  const outputs = weights.length / inputs;
  const values = new Int8Array(weights.length);
  const scales = new Float32Array(outputs);
  const loss = { squaredError: 0, squaredSum: 0 };
  for (let firstRow = 0; firstRow < outputs; firstRow += rowsAtATime) {
    const end = Math.min(outputs, firstRow + rowsAtATime);
    const part = quantiseChannels(
      { values: weights.subarray(firstRow * inputs, end * inputs), inputs },
      { values, scales: scales.subarray(firstRow, end), columns: outputs, firstRow },
    );
    loss.squaredError += part.squaredError;
    loss.squaredSum += part.squaredSum;
  }
  return { values, scales, loss };
}

describe('quantiseChannels', () => {
  it('is the definition, turned round, however many rows are done at a time', () => {
    const [outputs, inputs] = [21, 33];
    const weights = normalWeights(outputs * inputs);
    for (const rowsAtATime of [1, 4, 21]) {
      const { values, scales } = run(weights, inputs, rowsAtATime);
      for (let row = 0; row < outputs; row++) {
        const channel = weights.subarray(row * inputs, (row + 1) * inputs);
        const largest = Math.max(...channel.map(Math.abs));
        assert.equal(scales[row], Math.fround(largest / 127));
        channel.forEach((weight, input) => {
          const code = values[input * outputs + row];
          // A product with the inverse and a quotient may fall on two sides of a half.
          assert.ok(Math.abs(code - (weight / largest) * 127) <= 0.5 + 1e-9);
        });
        assert.ok([...channel.keys()].some((input) => Math.abs(values[input * outputs + row]) === 127));
      }
    }
  });

  it('says what is lost', () => {
    const weights = normalWeights(64 * 512);
    const { values, scales, loss } = run(weights, 512, 7);
    let error = 0;
    weights.forEach((weight, i) => {
      const [row, input] = [Math.floor(i / 512), i % 512];
      error += (scales[row] * values[input * 64 + row] - weight) ** 2;
    });
    assert.ok(Math.abs(loss.squaredError / error - 1) < 1e-6);
    assert.ok(relativeLoss(loss) < 0.01);
  });

  it('keeps zeros, constants, outliers and tiny numbers within half a step', () => {
    const weights = hardBlocks();
    const { values, scales } = run(weights, 32, 10);
    weights.forEach((weight, i) => {
      const [row, input] = [Math.floor(i / 32), i % 32];
      assert.ok(Math.abs(scales[row] * values[input * 10 + row] - weight) <= 0.51 * scales[row] + 1e-40);
    });
  });

  it('shows in its sums that a weight is no number', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = normalWeights(64);
      weights[40] = bad;
      assert.ok(!Number.isFinite(run(weights, 32, 2).loss.squaredSum), `${bad}`);
    }
  });
});
