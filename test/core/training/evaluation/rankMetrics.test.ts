import assert from 'node:assert/strict';
import { areaUnderRoc, averageRanks, spearman } from '../../../../src/core/training/evaluation/rankMetrics';
import { seededRandom } from '../../../../src/core/seededRandom';

describe('areaUnderRoc', () => {
  it('equals the count over all pairs, ties counting half', () => {
    const random = seededRandom(1);
    const scores = Array.from({ length: 80 }, () => Math.floor(random() * 12));
    const targets = scores.map((score) => (random() * 14 < score ? 1 : 0));
    let won = 0;
    let pairs = 0;
    scores.forEach((positive, i) => {
      scores.forEach((negative, j) => {
        if (targets[i] === 1 && targets[j] === 0) {
          pairs++;
          won += negative < positive ? 1 : negative === positive ? 0.5 : 0;
        }
      });
    });
    assert.ok(Math.abs(areaUnderRoc(scores, targets) - won / pairs) < 1e-12);
  });

  it('is 1 for a perfect order and 0 for its reverse', () => {
    assert.equal(areaUnderRoc([1, 2, 3, 4], [0, 0, 1, 1]), 1);
    assert.equal(areaUnderRoc([4, 3, 2, 1], [0, 0, 1, 1]), 0);
  });

  it('is not a number when one class is missing', () => {
    assert.ok(Number.isNaN(areaUnderRoc([1, 2], [1, 1])));
  });
});

describe('spearman', () => {
  it('gives equal values the mean of their ranks', () => {
    assert.deepEqual([...averageRanks([10, 20, 20, 5, 20])], [2, 4, 4, 1, 4]);
  });

  it('sees only the order', () => {
    assert.equal(spearman([1, 2, 3, 4], [1, 10, 100, 1000]), 1);
    assert.equal(spearman([1, 2, 3, 4], [9, 7, 5, 0]), -1);
  });

  it('equals 1 − 6Σd²/(n(n² − 1)) where nothing is tied', () => {
    const a = [1, 2, 3, 4, 5, 6];
    const b = [2, 1, 4, 6, 3, 5];
    const squares = a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0);
    assert.ok(Math.abs(spearman(a, b) - (1 - (6 * squares) / (6 * 35))) < 1e-12);
  });
});
