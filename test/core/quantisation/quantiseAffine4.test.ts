import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';
import { createAffineQuantiser, quantiseAffine4 } from '../../../src/core/quantisation/quantiseAffine4';
import { quantiseAffine4Module } from '../../../src/core/quantisation/quantiseAffine4Module';
import type { QuantiseAffine } from '../../../src/core/quantisation/quantiseAffine4';
import { relativeLoss } from '../../../src/core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../../src/core/quantisation/quantisationLoss';
import { hardBlocks, normalWeights } from '../../fixtures/weightsToQuantise';

interface Quantised {
  readonly values: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
  readonly loss: QuantisationLoss;
}

function run(quantise: QuantiseAffine, weights: Float32Array, rowBlocks: number): Quantised {
  const blocks = weights.length / 32;
  const values = new Uint8Array(weights.length / 2);
  const scales = new Float32Array(blocks);
  const zeroPoints = new Uint8Array((blocks / rowBlocks) * Math.ceil(rowBlocks / 2));
  const loss = quantise(weights, { values, scales, zeroPoints, rowBlocks });
  return { values, scales, zeroPoints, loss };
}

/** What MatMulNBits reads: scale · (q − zero). */
function restore({ values, scales, zeroPoints }: Quantised, rowBlocks: number): Float32Array {
  return Float32Array.from({ length: values.length * 2 }, (_, i) => {
    const block = Math.floor(i / 32);
    const column = block % rowBlocks;
    const pair = zeroPoints[Math.floor(block / rowBlocks) * Math.ceil(rowBlocks / 2) + (column >> 1)];
    const zero = column % 2 === 0 ? pair & 15 : pair >> 4;
    const code = i % 2 === 0 ? values[i >> 1] & 15 : values[i >> 1] >> 4;
    return scales[block] * (code - zero);
  });
}

/** The least squared error of a block over a fine grid of steps and all zero points. */
function bestError(block: Float32Array): number {
  const range = Math.max(...block, 0) - Math.min(...block, 0);
  let best = Infinity;
  for (let zero = 0; zero <= 15; zero++) {
    for (let step = range / 15; range / 30 < step; step *= 0.98) {
      const error = block.reduce((sum, weight) => {
        const code = Math.max(-zero, Math.min(15 - zero, Math.round(weight / step)));
        return sum + (weight - step * code) ** 2;
      }, 0);
      best = Math.min(best, error);
    }
  }
  return best;
}

describe('quantiseAffine4', () => {
  const { fromFloats: kernel, fromBf16 } = createAffineQuantiser();

  it('is what its source assembles to', async () => {
    const source = readFileSync(join(process.cwd(), 'src/core/quantisation/quantiseAffine4.wat'), 'utf8');
    const { parseWat } = await wabt();
    const { buffer } = parseWat('quantiseAffine4.wat', source, { simd: true, multi_value: true }).toBinary({});
    assert.equal(Buffer.from(buffer).toString('base64'), quantiseAffine4Module);
  });

  it('gives the same bytes in WebAssembly and in JavaScript, in one tile and in several', () => {
    for (const weights of [normalWeights(32 * 5 * 40), normalWeights(32 * 5 * 1000), hardBlocks()]) {
      const [fast, plain] = [run(kernel, weights, 5), run(quantiseAffine4, weights, 5)];
      assert.deepEqual(fast.values, plain.values);
      assert.deepEqual(fast.scales, plain.scales);
      assert.deepEqual(fast.zeroPoints, plain.zeroPoints);
      assert.ok(Math.abs(fast.loss.squaredError - plain.loss.squaredError) <= 1e-9 * plain.loss.squaredSum);
      assert.ok(Math.abs(fast.loss.squaredSum - plain.loss.squaredSum) <= 1e-9 * plain.loss.squaredSum);
    }
  });

  it('gives the same of BF16 as of the floats that they stand for, from any address', () => {
    for (const weights of [normalWeights(32 * 7 * 500), hardBlocks()]) {
      const halves = Uint16Array.from(new Uint32Array(weights.buffer), (word) => word >>> 16);
      const rounded = new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
      const rowBlocks = weights.length === 320 ? 5 : 7;
      const expected = run(quantiseAffine4, rounded, rowBlocks);
      const bytes = new Uint8Array(2 * halves.length + 1);
      bytes.set(new Uint8Array(halves.buffer), 1);
      const found = run((_, target) => fromBf16(bytes.subarray(1), target), weights, rowBlocks);
      assert.deepEqual(
        [found.values, found.scales, found.zeroPoints],
        [expected.values, expected.scales, expected.zeroPoints],
      );
    }
  });

  it('says what it loses: the difference of what MatMulNBits would read', () => {
    const weights = normalWeights(32 * 7 * 100);
    const found = run(kernel, weights, 7);
    const error = restore(found, 7).reduce((sum, value, i) => sum + (value - weights[i]) ** 2, 0);
    const squares = weights.reduce((sum, value) => sum + value * value, 0);
    assert.ok(Math.abs(found.loss.squaredError / error - 1) < 1e-4);
    assert.ok(Math.abs(found.loss.squaredSum / squares - 1) < 1e-6);
    assert.ok(relativeLoss(found.loss) < 0.08, `${relativeLoss(found.loss)}`);
  });

  it('is nearly as good as a search over every step and zero point', () => {
    const weights = normalWeights(32 * 200);
    let best = 0;
    for (let i = 0; i < weights.length; i += 32) best += bestError(weights.subarray(i, i + 32));
    assert.ok(run(kernel, weights, 200).loss.squaredError < 1.12 * best);
  });

  it('keeps each weight within a step of its own, an outlier within a sixteenth', () => {
    const weights = hardBlocks();
    const restored = restore(run(kernel, weights, 5), 5);
    for (let start = 0; start < weights.length; start += 32) {
      const block = weights.subarray(start, start + 32);
      const range = Math.max(0, ...block) - Math.min(0, ...block);
      block.forEach((weight, i) => {
        const off = Math.abs(restored[start + i] - weight);
        assert.ok(off <= 0.16 * range + 1e-30, `weight ${start + i}: ${restored[start + i]} for ${weight}`);
      });
    }
  });

  it('stores zeros, constants, and two values exactly or to one part in a million', () => {
    for (const weights of [new Float32Array(32), new Float32Array(32).fill(0.37), new Float32Array(32).fill(-5e-6)]) {
      const restored = restore(run(kernel, weights, 1), 1);
      weights.forEach((weight, i) => assert.ok(Math.abs(restored[i] - weight) <= 1e-6 * Math.abs(weight)));
    }
    const signs = Float32Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? 0 : 0.25));
    assert.ok(relativeLoss(run(kernel, signs, 1).loss) < 1e-3);
  });

  it('shows in its sums that a weight is no number', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const weights = normalWeights(32 * 4);
      weights[77] = bad;
      assert.ok(!Number.isFinite(run(kernel, weights, 4).loss.squaredSum), `${bad}`);
      assert.ok(!Number.isFinite(run(quantiseAffine4, weights, 4).loss.squaredSum), `${bad}`);
    }
  });
});
