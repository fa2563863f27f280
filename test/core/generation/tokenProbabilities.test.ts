import assert from 'node:assert/strict';
import { tokenProbabilities } from '../../../src/core/generation/tokenProbabilities';
import { seededRandom } from '../../fixtures/seededRandom';

describe('tokenProbabilities', () => {
  const random = seededRandom(9);
  const logits = Float32Array.from({ length: 300 }, () => Math.round(80 * random.next()) / 8);

  it('gives logarithms of probabilities that add up to 1', () => {
    const { top } = tokenProbabilities(logits, { id: 0, count: logits.length });
    assert.equal(top.length, logits.length);
    const sum = top.reduce((total, { logProbability }) => total + Math.exp(logProbability), 0);
    assert.ok(Math.abs(sum - 1) < 1e-12, String(sum));
  });

  it('names the most likely tokens in their order, the lower id first where they are equal', () => {
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
    for (const count of [0, 1, 5, 300, 1000]) {
      const { top } = tokenProbabilities(logits, { id: 0, count });
      assert.deepEqual(
        top.map(({ id }) => id),
        order.slice(0, count),
      );
    }
  });

  it('gives the same number for a token alone and among the most likely', () => {
    const { top } = tokenProbabilities(logits, { id: 0, count: 3 });
    for (const { id, logProbability } of top) {
      assert.equal(tokenProbabilities(logits, { id, count: 0 }).logProbability, logProbability);
    }
  });

  it('stays finite for large logits', () => {
    const { logProbability } = tokenProbabilities(Float32Array.of(3e4, 3e4, -3e4), { id: 1, count: 0 });
    assert.ok(Math.abs(logProbability + Math.LN2) < 1e-12);
  });
});
