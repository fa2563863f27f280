import assert from 'node:assert/strict';
import { openRowScorer } from '../../../src/engine/reward/openRowScorer';
import { sidecarEngine } from '../../../src/sidecar/sidecarEngine';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';

describe('openRowScorer', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  for (const [who, open] of [
    ['the engine', openRowScorer],
    ['the scoring process', sidecarEngine.openRewardModel],
  ] as const) {
    it(`gives ${who} a judge where one is asked for, else a model with a reward head`, async () => {
      const params = { reference: folder(), device: 'cpu', dtype: 'f32' } as const;
      writeTinyModel({ folder: folder(), config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
      const judge = await open({ ...params, judge: true }, quietContext());
      assert.equal(judge.description.headKind, 'judge');
      assert.deepEqual(
        judge.description.objectives.map(({ name }) => name),
        ['wins when shown first', 'wins when shown second'],
      );
      await judge.release();
      await rejects(() => open(params, quietContext()), 'weights', /no reward head/);
      writeTinyModel({ folder: folder() });
      const model = await open(params, quietContext());
      assert.equal(model.description.headKind, 'classification');
      await model.release();
    });
  }

  it('refuses a head file for a judge', async () => {
    const params = { reference: folder(), headPath: 'head', device: 'cpu', dtype: 'f32', judge: true } as const;
    await rejects(() => openRowScorer(params, quietContext()), 'usage', /language-model head/);
  });
});
