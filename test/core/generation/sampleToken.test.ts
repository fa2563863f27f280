import assert from 'node:assert/strict';
import { sampleToken } from '../../../src/core/generation/sampleToken';
import type { SamplingOptions } from '../../../src/core/generation/sampleToken';
import { seededRandom } from '../../fixtures/seededRandom';

/** Tokens with their probabilities after all limits, in the order in which a random number walks through them. */
function naiveDistribution(logits: Float32Array, { temperature, topK, topP }: SamplingOptions): [number, number][] {
  const isLimited = 0 < topK || topP < 1;
  let tokens = Array.from(logits, (logit, id) => ({ id, weight: Math.exp(logit / temperature) }));
  if (isLimited) tokens.sort((a, b) => b.weight - a.weight || a.id - b.id);
  if (0 < topK) tokens = tokens.slice(0, topK);
  const total = tokens.reduce((sum, { weight }) => sum + weight, 0);
  if (topP < 1) {
    const before = (rank: number): number => tokens.slice(0, rank).reduce((sum, { weight }) => sum + weight, 0) / total;
    tokens = tokens.filter((_, rank) => before(rank) < topP);
  }
  const kept = tokens.reduce((sum, { weight }) => sum + weight, 0);
  return tokens.map(({ id, weight }) => [id, weight / kept]);
}

const tied = Float32Array.of(1, 3, 3, -2);
const fixed =
  (value: number): (() => number) =>
  () =>
    value;

describe('sampleToken', () => {
  it('takes the most likely token at temperature 0, the first of equals, and needs no random number', () => {
    const refuse = (): number => assert.fail('a random number was drawn');
    assert.equal(sampleToken(tied, { temperature: 0, topP: 1, topK: 0 }, refuse), 1);
    assert.equal(sampleToken(Float32Array.of(-5, -1, -9), { temperature: 0, topP: 0.1, topK: 2 }, refuse), 1);
  });

  const settings: readonly SamplingOptions[] = [
    { temperature: 1, topP: 1, topK: 0 },
    { temperature: 0.3, topP: 1, topK: 0 },
    { temperature: 1.7, topP: 1, topK: 5 },
    { temperature: 1, topP: 0.6, topK: 0 },
    { temperature: 0.8, topP: 0.9, topK: 7 },
  ];
  for (const options of settings) {
    it(`draws what cumulated probabilities say for ${JSON.stringify(options)}`, () => {
      const random = seededRandom(3);
      const logits = Float32Array.from({ length: 20 }, () => 6 * random.next() - 3);
      const distribution = naiveDistribution(logits, options);
      let sum = 0;
      for (const [id, probability] of distribution) {
        // Just inside both ends and in the middle of the token's share of [0, 1).
        for (const share of [0.001, 0.5, 0.999]) {
          assert.equal(sampleToken(logits, options, fixed(sum + share * probability)), id);
        }
        sum += probability;
      }
      assert.ok(Math.abs(sum - 1) < 1e-12);
    });
  }

  it('counts top-p within what top-k has left, as transformers does', () => {
    // Two equals are left: the first alone has half of what remains, though less than 0.5 of everything.
    const logits = Float32Array.of(0, 0, 0, 0);
    const options = { temperature: 1, topK: 2, topP: 0.5 };
    assert.equal(sampleToken(logits, options, fixed(0.999)), 0);
    assert.equal(sampleToken(logits, { ...options, topP: 0.51 }, fixed(0.999)), 1);
  });

  it('always keeps one token', () => {
    assert.equal(sampleToken(tied, { temperature: 1, topP: 1e-9, topK: 0 }, fixed(0.999)), 1);
    assert.equal(sampleToken(tied, { temperature: 1, topP: 1, topK: 1 }, fixed(0.999)), 1);
  });

  it('stays finite for huge logits and tiny temperatures', () => {
    const huge = Float32Array.of(1e30, 3e30, -1e30);
    assert.equal(sampleToken(huge, { temperature: 1e-3, topP: 1, topK: 0 }, fixed(0.5)), 1);
    assert.equal(sampleToken(huge, { temperature: 1e-3, topP: 0.9, topK: 2 }, fixed(0)), 1);
  });

  it('takes a top-k above the vocabulary as no limit', () => {
    assert.equal(sampleToken(tied, { temperature: 1, topP: 1, topK: 99 }, fixed(0.9999)), 3);
  });
});
