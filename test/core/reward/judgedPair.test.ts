import assert from 'node:assert/strict';
import { buildJudgedPair } from '../../../src/core/reward/judgedPair';
import { outputRowOf } from '../../../src/core/reward/outputRow';

describe('a judged pair', () => {
  const pair = buildJudgedPair({ pA: 0.25, tokens: 11, truncated: false }, { pA: 0.4, tokens: 12, truncated: true });

  it('has as scores the probabilities of winning, which are the means over both orders', () => {
    assert.deepEqual(pair.judged, { pChosen: 0.425, pChosenFirst: 0.25, pChosenSecond: 0.6 });
    assert.equal(pair.chosen.score, pair.judged.pChosen);
    assert.ok(Math.abs(pair.chosen.score + pair.rejected.score - 1) < 1e-15);
  });

  it('adds contributions up to each score, and takes both orders into account', () => {
    for (const { score, objectives } of [pair.chosen, pair.rejected]) {
      assert.equal(
        objectives.reduce((sum, { contribution }) => sum + contribution, 0),
        score,
      );
    }
    assert.deepEqual(
      pair.rejected.objectives.map(({ reward }) => reward),
      [0.4, 0.75],
    );
    assert.deepEqual([pair.chosen.tokens, pair.rejected.tokens], [11, 12]);
    assert.deepEqual([pair.chosen.truncated, pair.rejected.truncated], [false, true]);
  });

  it('is written out as its probabilities alone, while other rows stay as they are', () => {
    const { chosen, rejected, judged } = pair;
    const row = { id: 'r', chosen, rejected, margin: chosen.score - rejected.score };
    assert.deepEqual(outputRowOf({ ...row, judged }), {
      id: 'r',
      pChosen: 0.425,
      pChosenFirst: 0.25,
      pChosenSecond: 0.6,
    });
    assert.deepEqual(outputRowOf(row), row);
    const error = { id: 'r', error: { code: 'row', message: 'no' } } as const;
    assert.deepEqual(outputRowOf(error), error);
  });
});
