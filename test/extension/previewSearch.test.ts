import assert from 'node:assert/strict';
import { AlidadeError } from '../../src/core/alidadeError';
import { meanOf } from '../../src/core/merging/hma/heldMean';
import { evenBlocks } from '../../src/core/merging/hma/layerBlocks';
import type { MergeMeasurement } from '../../src/core/merging/mergeMeasurement';
import type { MeasuredRecipe } from '../../src/extension/merging/previewScore';
import {
  canSearch,
  PreviewSearch,
  type MeasuredTrial,
  type PreviewSearchStart,
} from '../../src/extension/merging/previewSearch';
import type { KeptTrial } from '../../src/extension/merging/previewTrials';

const blocks = evenBlocks(6, 3);
const recipe: MeasuredRecipe = { recipes: [], stages: [], text: '', folders: [], ratios: null, blocks };

function measured(ratios: readonly number[]): MeasuredTrial {
  const [low, middle] = ratios;
  const nll = 100 - 10 * low;
  const measurement: MergeMeasurement = {
    reward: { mean: 1 - (middle - 0.5) ** 2, rows: [], model: 'judge', isOfGenerated: false },
    perplexity: { tokens: 50, nll, perplexity: Math.exp(nll / 50) },
    mergedTensors: 0,
    mergeMilliseconds: 0,
    milliseconds: 0,
  };
  return { recipe: { ...recipe, ratios }, measurement };
}

function kept(ratios: readonly number[]): KeptTrial {
  const { reward, ...measurement } = measured(ratios).measurement;
  const summary = reward === null ? null : { ...reward, rows: 0, errors: [], errorCount: 0 };
  return {
    fingerprint: ratios.join(),
    measuredOn: '',
    ratios,
    blocks,
    recipe: '',
    measurement: { ...measurement, reward: summary },
  };
}

describe('the search for ratios in the preview of a merge', () => {
  const added: (readonly number[])[] = [];
  const messages: string[] = [];
  let search: PreviewSearch;

  beforeEach(() => {
    added.length = 0;
    messages.length = 0;
    search = new PreviewSearch(() => {
      if (search.work.kind === 'running') messages.push(search.work.progress.message);
    });
  });

  const params = (parts: Partial<PreviewSearchStart>): PreviewSearchStart => ({
    ...{ ratios: [0.2, 0.2, 0.2], blocks, trials: [], way: { kind: 'direct', count: 6 } },
    distil: () => Promise.reject(new Error('not asked for')),
    measure: (ratios, context) => {
      context.progress({ message: 'Scoring' });
      return Promise.resolve(measured(ratios));
    },
    add: (trial) => {
      added.push(trial.recipe.ratios ?? []);
      return Promise.resolve();
    },
    ...parts,
  });

  it('adds as many trials as are wanted, with the mean as it was, and says which one it is at', async () => {
    await search.start(params({}));
    assert.deepEqual(search.work, { kind: 'idle' });
    assert.equal(added.length, 6);
    for (const ratios of added) assert.ok(Math.abs(meanOf(ratios) - 0.2) < 1e-9);
    assert.deepEqual(
      messages.slice(1),
      [1, 2, 3, 4, 5, 6].map((trial) => `Trial ${trial} of 6: Scoring`),
    );
  });

  it('builds on what was tried with the same blocks and mean, and on nothing else', async () => {
    await search.start(params({}));
    const first = [...added];
    await search.start(
      params({ trials: [kept([0.9, 0.9, 0.9]), ...first.map(kept)], way: { kind: 'direct', count: 2 } }),
    );
    const names = added.map((ratios) => ratios.join());
    assert.equal(new Set(names).size, 8, 'nothing is tried twice');
    added.length = 0;
    await search.start(params({ way: { kind: 'direct', count: 8 } }));
    assert.deepEqual(
      added.map((ratios) => ratios.join()),
      names,
    );
  });

  it('measures what proxy distillation finds', async () => {
    await search.start(params({ way: { kind: 'proxy' }, distil: () => Promise.resolve([0.3, 0.2, 0.1]) }));
    assert.deepEqual(added, [[0.3, 0.2, 0.1]]);
  });

  it('stops when it is told to, and keeps what it has tried', async () => {
    const add: PreviewSearchStart['add'] = (trial) => {
      added.push(trial.recipe.ratios ?? []);
      if (added.length === 3) search.stop();
      return Promise.resolve();
    };
    await search.start(params({ add }));
    assert.equal(added.length, 3);
    assert.deepEqual([search.isRunning, search.work], [false, { kind: 'idle' }]);
  });

  it('says why a trial has failed', async () => {
    const failure = new AlidadeError({ code: 'no_space', message: 'there is too little memory' });
    await search.start(params({ measure: () => Promise.reject(failure) }));
    assert.equal(search.work.kind, 'failed');
    assert.ok('code' in search.work && search.work.code === 'no_space');
  });

  it('is offered where there is something to look for', () => {
    assert.equal(canSearch([0.2, 0.3]), true);
    for (const ratios of [null, [0.2], [0, 0, 0], [1, 1]]) assert.equal(canSearch(ratios), false);
  });
});
