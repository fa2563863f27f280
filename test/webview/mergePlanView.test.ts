import assert from 'node:assert/strict';
import { hmaRecipe } from '../../src/core/merging/hma/hmaRecipe';
import { evenBlocks } from '../../src/core/merging/hma/layerBlocks';
import type { MergeMeasurement } from '../../src/core/merging/mergeMeasurement';
import { parseMergeRecipe } from '../../src/core/merging/recipe/parseMergeRecipe';
import type { LayerDifference, WeightDifference } from '../../src/core/merging/weightDifference';
import { differenceView } from '../../src/extension/merging/differenceView';
import { blockRatiosOf, planView, type PlannedRecipe } from '../../src/extension/merging/planView';
import { summarise, trialViews, withTrial, type KeptTrial } from '../../src/extension/merging/previewTrials';
import { applyRecipeEdits } from '../../src/core/merging/hma/writeBlockRatios';
import { ratioEdits, recut } from '../../src/extension/merging/ratioEdits';
import { writeMergePair } from '../fixtures/mergePair';
import { planText } from '../fixtures/planText';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';

describe('what the preview of a merge is told', () => {
  const folder = useTemporaryFolder();
  const blocks = evenBlocks(6, 3);

  beforeEach(() => void writeMergePair({ folder: folder() }));

  const hma = (ratios: readonly number[]): string =>
    hmaRecipe({ before: 'sft', after: 'rlhf', blocks, ratios, alpha: 0.3, dtype: 'bfloat16' });

  async function plan(text: string): Promise<PlannedRecipe> {
    return { recipes: parseMergeRecipe(text).recipes, stages: await planText(text, folder()) };
  }

  it('has sliders for an average of two models by blocks, named by its models', async () => {
    const { sliders, stages } = planView(await plan(hma([0.4, 0.3, 0.2])), null);
    assert.deepEqual(sliders, {
      before: 'sft',
      after: 'rlhf',
      blocks: [
        { first: 0, last: 1, ratio: 0.4 },
        { first: 2, last: 3, ratio: 0.3 },
        { first: 4, last: 5, ratio: 0.2 },
      ],
      outside: [
        { group: 'embedding', ratio: 0.4 },
        { group: 'finalNorm', ratio: 0.3 },
        { group: 'head', ratio: 0.3 },
      ],
    });
    const [first, second] = stages[0]?.map.measures[0]?.strips ?? [];
    assert.deepEqual(first?.layers[0], [0.4, 0.4, 0.3, 0.3, 0.2, 0.2]);
    assert.deepEqual(second?.layers[0]?.map((share) => Number(share).toFixed(6)).slice(0, 2), ['0.600000', '0.600000']);
  });

  it('has none for a method that is no average, and shows its parameters', async () => {
    const text = [
      'merge_method: slerp',
      'base_model: sft',
      'slices:',
      '  - sources:',
      '      - { model: sft, layer_range: [0, 6] }',
      '      - { model: rlhf, layer_range: [0, 6] }',
      'parameters:',
      '  t: [0, 1]',
      'dtype: bfloat16',
    ].join('\n');
    const { sliders, stages } = planView(await plan(text), null);
    assert.equal(sliders, null);
    const [measure] = stages[0]?.map.measures ?? [];
    assert.equal(measure?.name, 't');
    assert.deepEqual(
      measure?.strips[0]?.layers[0]?.map((t) => Number(t).toFixed(3)),
      ['0.000', '0.200', '0.400', '0.600', '0.800', '1.000'],
    );
    assert.equal(ratioEdits(text, await plan(text), { ratios: [0.5], blocks: evenBlocks(6, 1) }), null);
  });

  it('writes ratios that are read back as they are, however the layers are cut', async () => {
    const text = hma([0.4, 0.3, 0.2]);
    const planned = await plan(text);
    const current = blockRatiosOf(planned, null);
    assert.ok(current !== null);
    for (const count of [1, 2, 3, 4, 6]) {
      const change = recut(current, count);
      const edits = ratioEdits(text, planned, change);
      assert.ok(edits !== null);
      const written = applyRecipeEdits(text, edits);
      const read = blockRatiosOf(await plan(written), change.blocks);
      assert.deepEqual(read?.ratios, change.ratios, written);
      assert.deepEqual(read?.blocks, change.blocks, written);
      assert.equal(read?.head, 0.3);
    }
  });

  it('refuses ratios of another depth, and of another number of blocks', async () => {
    const text = hma([0.4, 0.3, 0.2]);
    const planned = await plan(text);
    assert.equal(ratioEdits(text, planned, { ratios: [0.5, 0.5], blocks: evenBlocks(8, 2) }), null);
    assert.equal(ratioEdits(text, planned, { ratios: [0.5], blocks }), null);
  });

  it('draws only what has been compared so far', () => {
    const figures: WeightDifference = {
      ...{ values: 4, changed: 2, nonFinite: 0, changedShare: 0.5, cosine: 0.9, relativeL2: 0.1 },
    };
    const layer = (index: number | null, group: 'mlp' | 'head'): LayerDifference => ({
      ...figures,
      layer: index,
      groups: [{ ...figures, group }],
      tensors: [],
    });
    const view = differenceView({ first: 'a', second: 'b' }, [layer(null, 'head'), layer(1, 'mlp')]);
    assert.equal(view.layerCount, 2);
    assert.deepEqual(view.layerGroups, ['mlp']);
    assert.deepEqual(
      view.measures.map(({ layers, outside }) => [layers, outside]),
      [
        [[[null, 0.1]], [0.1]],
        [[[null, 0.9]], [0.9]],
        [[[null, 0.5]], [0.5]],
      ],
    );
  });

  describe('of trials', () => {
    const trial = (fingerprint: string, reward: number | null, perplexity: number | null): KeptTrial => ({
      ...{ fingerprint, measuredOn: 'these', ratios: [0.5], blocks: null, recipe: '' },
      measurement: summarise(measured(reward, perplexity)),
    });

    it('marks those that no other beats, and the recipe as it is', () => {
      const trials = [
        trial('a', 1, 9),
        trial('b', 0.5, 8),
        trial('c', 0.4, 8.5),
        trial('d', 2, null),
        trial('e', 1, 9),
      ];
      const views = trialViews(trials, 'b');
      assert.deepEqual(
        views.map(({ onFront }) => onFront),
        [true, true, false, false, true],
      );
      assert.deepEqual(
        views.map(({ current }) => current),
        [false, true, false, false, false],
      );
    });

    it('keeps the newest of the same model, and tells rows without a score', () => {
      const trials = withTrial([trial('a', 1, 9), trial('b', 0.5, 8)], trial('a', 1.5, 9));
      assert.deepEqual(
        trials.map(({ fingerprint }) => fingerprint),
        ['b', 'a'],
      );
      const { reward } = trials[1]?.measurement ?? {};
      assert.equal(reward?.mean, 1.5);
      assert.deepEqual(reward?.errors, ['2: too long']);
      assert.equal(reward?.rows, 1);
    });
  });
});

function measured(reward: number | null, perplexity: number | null): MergeMeasurement {
  const rows = [
    { id: '1', reward, error: null },
    { id: '2', reward: null, error: 'too long' },
  ];
  return {
    reward: reward === null ? null : { mean: reward, rows, model: 'm', isOfGenerated: false },
    perplexity: perplexity === null ? null : { tokens: 10, nll: 10 * Math.log(perplexity), perplexity },
    ...{ mergedTensors: 1, mergeMilliseconds: 1, milliseconds: 1 },
  };
}
