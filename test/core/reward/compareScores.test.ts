import assert from 'node:assert/strict';
import { compareScores } from '../../../src/core/reward/compareScores';

describe('compareScores', () => {
  it('finds nothing to say about scores that are the same', () => {
    const comparison = compareScores([1, 2, 4], [1, 2, 4]);
    assert.equal(comparison.largestDifference, 0);
    assert.equal(comparison.rankAgreement, 1);
    assert.equal(comparison.decidedPairs, 3);
    assert.equal(comparison.spearman, 1);
  });

  it('counts the decided pairs that come out in another order', () => {
    // Six pairs; the first two scores change places, all others keep theirs.
    const comparison = compareScores([0, 1, 2, 3], [1, 0, 2, 3]);
    assert.equal(comparison.decidedPairs, 6);
    assert.equal(comparison.rankAgreement, 5 / 6);
    assert.equal(comparison.largestDifference, 1);
    assert.equal(comparison.meanDifference, 0.5);
    assert.ok(Math.abs(comparison.spread - Math.sqrt(1.25)) < 1e-15);
  });

  it('leaves pairs within the noise bound out, and takes a tie in a decided one as disagreement', () => {
    const comparison = compareScores([0, 0.001, 10], [0.001, 0, 0.001], 0.01);
    assert.equal(comparison.decidedPairs, 2);
    assert.equal(comparison.rankAgreement, 1 / 2);
  });

  it('knows no agreement where nothing is decided', () => {
    const { rankAgreement, spearman, decidedPairs } = compareScores([2, 2], [1, 3]);
    assert.deepEqual(
      { rankAgreement, spearman, decidedPairs },
      { rankAgreement: null, spearman: null, decidedPairs: 0 },
    );
  });

  it('refuses lists of different lengths', () => {
    assert.throws(() => compareScores([1], []), RangeError);
  });
});
