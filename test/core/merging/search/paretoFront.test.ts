import assert from 'node:assert/strict';
import { bestCompromise, onFront, type PlanePoint } from '../../../../src/core/merging/search/paretoFront';
import { writeTrialLines, type RatioTrial } from '../../../../src/core/merging/search/ratioTrial';
import { seededRandom } from '../../../../src/core/seededRandom';

const point = (reward: number | null, nll: number | null): PlanePoint => ({ reward, nll });

describe('the front of reward and surprise', () => {
  it('has the points that no other one beats, equal ones together', () => {
    const points = [point(1, 10), point(2, 12), point(1.5, 12), point(2, 12), point(0.5, 9), point(0.5, 11)];
    assert.deepEqual(onFront(points), [true, true, false, true, true, false]);
  });

  it('agrees with the definition on random points', () => {
    const random = seededRandom(11);
    const points = Array.from({ length: 60 }, () => point(Math.round(10 * random()), Math.round(10 * random())));
    const front = onFront(points);
    points.forEach(({ reward, nll }, index) => {
      const isBeaten = points.some(
        (other) =>
          (other.reward ?? 0) >= (reward ?? 0) &&
          (other.nll ?? 0) <= (nll ?? 0) &&
          (other.reward !== reward || other.nll !== nll),
      );
      assert.equal(front[index], !isBeaten);
    });
  });

  it('is the best of one figure where there is one', () => {
    assert.deepEqual(onFront([point(1, null), point(3, null), point(2, null)]), [false, true, false]);
    assert.deepEqual(onFront([point(null, 5), point(null, 4)]), [false, true]);
    assert.deepEqual(onFront([point(null, null)]), [false]);
    assert.deepEqual(onFront([]), []);
  });

  it('has a point that keeps most of both', () => {
    assert.equal(bestCompromise([point(0, 10), point(0.9, 10.2), point(1, 12), point(0.2, 11)]), 1);
    assert.equal(bestCompromise([point(1, null), point(3, null)]), 1);
    assert.equal(bestCompromise([point(1, 10)]), 0);
    assert.equal(bestCompromise([]), null);
    assert.equal(bestCompromise([point(null, null)]), null);
  });

  it('is written as JSON lines that read back to the same numbers', () => {
    const trials: readonly RatioTrial[] = [
      { ratios: [0.1, 0.30000000000000004], reward: 1 / 3, nll: 12.5, tokens: 5 },
      { ratios: [1, 1], reward: null, nll: null, tokens: 0 },
    ];
    const lines = writeTrialLines(trials)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(lines, [
      { ...trials[0], onFront: true, perplexity: Math.exp(2.5) },
      { ...trials[1], onFront: false, perplexity: null },
    ]);
  });
});
