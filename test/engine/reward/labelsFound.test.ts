import assert from 'node:assert/strict';
import { join } from 'node:path';
import { contradicts, verdictOf } from '../../../src/core/labels/rowVerdict';
import { readScorableRow } from '../../../src/core/promptFile/readScorableRow';
import { openRowScorer } from '../../../src/engine/reward/openRowScorer';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { truthPairs, writeTruthModel } from '../../fixtures/truthModel';

describe('labels that a model which knows the truth contradicts', () => {
  const folder = useTemporaryFolder();

  it('are exactly those that were flipped', async () => {
    const reference = join(folder(), 'truth');
    writeTruthModel(reference);
    const { rows, flipped } = truthPairs({ count: 300, seed: 9 });
    assert.equal(flipped.size, 30);
    const model = await openRowScorer({ reference, device: 'cpu', dtype: 'f32' }, quietContext());
    try {
      const scorable = rows.map((row) => readScorableRow(row, row.id));
      const scored = await model.scoreBatch(scorable, {}, quietContext());
      const found = scored.filter((row) => {
        const verdict = verdictOf(row);
        assert.equal(verdict.kind, 'pair');
        return verdict.kind === 'pair' && contradicts(verdict, 0);
      });
      assert.deepEqual(new Set(found.map(({ id }) => id)), flipped);
      assert.deepEqual(
        scored.map((row) => 'margin' in row && 0 < row.margin),
        rows.map(({ id }) => !flipped.has(id)),
      );
    } finally {
      await model.release();
    }
  });
});
