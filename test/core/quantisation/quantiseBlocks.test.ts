import assert from 'node:assert/strict';
import { relativeLoss } from '../../../src/core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../../src/core/quantisation/quantisationLoss';
import { quantiseSymmetric8 } from '../../../src/core/quantisation/quantiseBlocks';
import { hardBlocks, normalWeights } from '../../fixtures/weightsToQuantise';

interface Quantised {
  readonly codes: readonly number[];
  readonly scales: Float32Array;
  readonly loss: QuantisationLoss;
}

function run(weights: Float32Array): Quantised {
  const values = new Uint8Array(weights.length);
  const scales = new Float32Array(weights.length / 32);
  const loss = quantiseSymmetric8(weights, { values, scales });
  return { codes: [...values], scales, loss };
}

/** The definition, a block at a time. */
function naive(weights: Float32Array): number[] {
  const codes: number[] = [];
  for (let start = 0; start < weights.length; start += 32) {
    const block = [...weights.subarray(start, start + 32)];
    const step = Math.max(...block.map(Math.abs)) / 127;
    for (const weight of block) codes.push(step === 0 ? 128 : Math.floor(weight / step + 128.5));
  }
  return codes;
}

describe('symmetric blocks in 8 bits', () => {
  it('have the codes of the definition', () => {
    const weights = normalWeights(32 * 300);
    const expected = naive(weights);
    const { codes } = run(weights);
    const differing = codes.filter((code, i) => code !== expected[i]);
    // A product with the inverse and a quotient may fall on two sides of a half.
    assert.ok(differing.length <= 2, `${differing.length} codes differ`);
    codes.forEach((code, i) => assert.ok(Math.abs(code - expected[i]) <= 1));
  });

  it('say what is lost: the difference of what MatMulNBits would read', () => {
    const weights = normalWeights(32 * 300);
    const { codes, scales, loss } = run(weights);
    const error = codes.reduce((sum, code, i) => sum + (scales[i >> 5] * (code - 128) - weights[i]) ** 2, 0);
    assert.ok(Math.abs(loss.squaredError / error - 1) < 1e-4);
    assert.ok(relativeLoss(loss) < 0.006, `${relativeLoss(loss)}`);
  });

  it('keep zeros, constants, outliers and tiny numbers within a step', () => {
    const weights = hardBlocks();
    const { codes, scales } = run(weights);
    for (let start = 0; start < weights.length; start += 32) {
      const block = weights.subarray(start, start + 32);
      const largest = Math.max(...block.map(Math.abs));
      block.forEach((weight, i) => {
        const off = Math.abs(scales[start >> 5] * (codes[start + i] - 128) - weight);
        assert.ok(off <= (largest * 1.1) / 127 + 1e-40, `weight ${start + i} is off by ${off}`);
      });
    }
  });

  it('show in their sums that a weight is no number', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = normalWeights(64);
      weights[40] = bad;
      assert.ok(!Number.isFinite(run(weights).loss.squaredSum), `${bad}`);
    }
  });
});
