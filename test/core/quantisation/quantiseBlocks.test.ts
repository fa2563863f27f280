import assert from 'node:assert/strict';
import { relativeLoss } from '../../../src/core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../../src/core/quantisation/quantisationLoss';
import { quantiseSymmetric4, quantiseSymmetric8 } from '../../../src/core/quantisation/quantiseBlocks';
import { hardBlocks, normalWeights } from '../../fixtures/weightsToQuantise';

interface Quantised {
  readonly codes: readonly number[];
  readonly scales: Float32Array;
  readonly loss: QuantisationLoss;
}

function run(bits: 4 | 8, weights: Float32Array): Quantised {
  const values = new Uint8Array((weights.length * bits) / 8);
  const scales = new Float32Array(weights.length / 32);
  const loss = (bits === 4 ? quantiseSymmetric4 : quantiseSymmetric8)(weights, { values, scales });
  const codes = bits === 8 ? [...values] : [...values].flatMap((pair) => [pair & 15, pair >> 4]);
  return { codes, scales, loss };
}

/** The definition, a block at a time and without packing. */
function naive(bits: 4 | 8, weights: Float32Array): number[] {
  const codes: number[] = [];
  for (let start = 0; start < weights.length; start += 32) {
    const block = [...weights.subarray(start, start + 32)];
    const extreme = block.reduce((best, weight) => (Math.abs(best) < Math.abs(weight) ? weight : best), 0);
    const step = bits === 4 ? extreme / -8 : Math.abs(extreme) / 127;
    const zero = bits === 4 ? 8 : 128;
    for (const weight of block) {
      codes.push(extreme === 0 ? zero : Math.min(2 * zero - 1, Math.floor(weight / step + zero + 0.5)));
    }
  }
  return codes;
}

for (const bits of [4, 8] as const) {
  const zero = bits === 4 ? 8 : 128;

  describe(`symmetric blocks in ${bits} bits`, () => {
    it('have the codes of the definition', () => {
      const weights = normalWeights(32 * 300);
      const expected = naive(bits, weights);
      const { codes } = run(bits, weights);
      const differing = codes.filter((code, i) => code !== expected[i]);
      // A product with the inverse and a quotient may fall on two sides of a half.
      assert.ok(differing.length <= 2, `${differing.length} codes differ`);
      codes.forEach((code, i) => assert.ok(Math.abs(code - expected[i]) <= 1));
    });

    it('say what is lost: the difference of what MatMulNBits would read', () => {
      const weights = normalWeights(32 * 300);
      const { codes, scales, loss } = run(bits, weights);
      const error = codes.reduce((sum, code, i) => sum + (scales[i >> 5] * (code - zero) - weights[i]) ** 2, 0);
      assert.ok(Math.abs(loss.squaredError / error - 1) < 1e-4);
      assert.ok(relativeLoss(loss) < (bits === 4 ? 0.087 : 0.006), `${relativeLoss(loss)}`);
    });

    it('keep zeros, constants, outliers and tiny numbers within a step', () => {
      const weights = hardBlocks();
      const { codes, scales } = run(bits, weights);
      for (let start = 0; start < weights.length; start += 32) {
        const block = weights.subarray(start, start + 32);
        const largest = Math.max(...block.map(Math.abs));
        block.forEach((weight, i) => {
          const off = Math.abs(scales[start >> 5] * (codes[start + i] - zero) - weight);
          assert.ok(off <= (largest * 1.1) / (zero - 1) + 1e-40, `weight ${start + i} is off by ${off}`);
        });
      }
    });

    it('show in their sums that a weight is no number', () => {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const weights = normalWeights(64);
        weights[40] = bad;
        assert.ok(!Number.isFinite(run(bits, weights).loss.squaredSum), `${bad}`);
      }
    });
  });
}
