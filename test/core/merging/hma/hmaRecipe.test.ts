import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blockLayout, shareAt } from '../../../../src/core/merging/hma/blockLayout';
import { hmaNamesOf } from '../../../../src/core/merging/hma/hmaNames';
import { hmaRecipe, type HmaRecipe } from '../../../../src/core/merging/hma/hmaRecipe';
import { blocksOfCuts, defaultBlocks, layerwiseBlocks } from '../../../../src/core/merging/hma/layerBlocks';
import type { MergeRecipe } from '../../../../src/core/merging/recipe/mergeRecipe';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { sharedFolder } from '../../../fixtures/sharedFolder';

const thirds: HmaRecipe = {
  before: 'models/sft',
  after: 'models/rlhf',
  blocks: defaultBlocks(32),
  ratios: [0.4, 0.3, 0.7],
  alpha: 0.2,
};

/** The share of the model before RLHF in each tensor that the recipe makes. */
function sharesOf(text: string, layerCount: number, tensors?: readonly string[]): ReadonlyMap<string, number | null> {
  const layout = blockLayout(recipeOf(text), layerCount, tensors);
  assert.ok(layout !== null);
  return new Map(
    layout.slices.flatMap((part) =>
      part.tensors.map((tensor) => [tensor.name, shareAt(layout, part, tensor)] as const),
    ),
  );
}

function recipeOf(text: string): MergeRecipe {
  const { recipes, problems } = parseMergeRecipe(text);
  assert.deepEqual(
    problems.filter(({ severity }) => severity !== 'information'),
    [],
  );
  assert.equal(recipes.length, 1);
  return recipes[0];
}

describe('the recipe of a heterogeneous average', () => {
  it('gives every tensor its share of the model before RLHF', () => {
    const shares = sharesOf(hmaRecipe(thirds), 32);
    assert.equal(shares.size, 3 + 32 * 9);
    for (const [name, share] of shares) {
      const layer = Number(/layers\.(\d+)\./.exec(name)?.[1] ?? -1);
      const outside = name.includes('embed') ? 0.4 : 0.2;
      assert.equal(share, layer < 0 ? outside : layer <= 10 ? 0.4 : layer <= 20 ? 0.3 : 0.7, name);
    }
  });

  it('has remainders with as many places as the ratios', () => {
    const text = hmaRecipe({ ...thirds, ratios: [0.7, 1 / 3, 1e-7] });
    assert.match(text, /weight: 0\.7\n[^]*weight: 0\.3\n/);
    assert.match(text, /weight: 0\.3333333333333333\n[^]*weight: 0\.6666666666666667\n/);
    assert.match(text, /value: 0\.0000001\n[^]*value: 0\.9999999\n/);
  });

  it('lists a ratio for each layer where each is a block', () => {
    const ratios = Array.from({ length: 26 }, (_, layer) => layer / 50);
    const text = hmaRecipe({ ...thirds, blocks: layerwiseBlocks(26), ratios });
    assert.match(text, /^models:$/m);
    const shares = sharesOf(text, 26);
    for (const [layer, ratio] of ratios.entries()) {
      assert.ok(Math.abs((shares.get(`model.layers.${layer}.mlp.up_proj.weight`) ?? NaN) - ratio) < 1e-14);
    }
    assert.equal(shares.get('model.embed_tokens.weight'), 0);
    assert.equal(shares.get('lm_head.weight'), 0.2);
  });

  it('keeps embeddings and norms of the model before RLHF in the learnt variant', () => {
    for (const blocks of [thirds.blocks, layerwiseBlocks(32)]) {
      const ratios = blocks.map((_, index) => 0.1 + index / 100);
      const shares = sharesOf(hmaRecipe({ ...thirds, blocks, ratios, linearOnly: true }), 32);
      for (const [name, share] of shares) {
        if (/embed|norm/.test(name)) assert.equal(share, 1, name);
        else assert.notEqual(share, 1, name);
      }
      assert.equal(shares.get('lm_head.weight'), 0.2);
    }
  });

  it('has a head of its own where the tag is split0', () => {
    const shares = sharesOf(hmaRecipe({ ...thirds, head: 0 }), 32);
    assert.equal(shares.get('lm_head.weight'), 0);
    assert.equal(shares.get('model.norm.weight'), 0.2);
  });

  it('names the tensors of other architectures, and other heads', () => {
    const tensors = [
      'transformer.wte.weight',
      'transformer.wpe.weight',
      ...[0, 1].flatMap((layer) =>
        ['ln_1.weight', 'ln_1.bias', 'attn.c_attn.weight', 'mlp.c_fc.bias'].map(
          (name) => `transformer.h.${layer}.${name}`,
        ),
      ),
      'transformer.ln_f.weight',
      'score.weight',
    ];
    const names = hmaNamesOf(tensors);
    assert.deepEqual(names, {
      embeddings: ['transformer.wte', 'transformer.wpe'],
      finalNorms: ['transformer.ln_f'],
      heads: ['score'],
      norms: ['ln_1'],
    });
    const blocks = layerwiseBlocks(2);
    const text = hmaRecipe({ ...thirds, blocks, ratios: [0.4, 0.3], names, linearOnly: true });
    const shares = sharesOf(text, 2, tensors);
    assert.equal(shares.size, tensors.length);
    for (const [name, share] of shares) {
      const linear = name.includes('.0.') ? 0.4 : 0.3;
      assert.equal(share, /w[tp]e|ln_/.test(name) ? 1 : name === 'score.weight' ? 0.2 : linear, name);
    }
  });

  it('quotes names that YAML would read otherwise', () => {
    for (const before of ['a b', 'C:\\models\\sft', '12', '1e3', 'no', '- x', 'a: b', 'a #b', 'ä', "it's", '"']) {
      const recipe = recipeOf(hmaRecipe({ ...thirds, before }));
      assert.equal(recipe.modules[0].slices[0].sources[0].model.path, before);
    }
  });

  const folder = sharedFolder('oracles', 'merge', 'hma');
  (folder === null ? it.skip : it)('has the shares of the reference case', () => {
    const read = (name: string): string => readFileSync(join(folder ?? '', name), 'utf8');
    const spec = JSON.parse(read('spec.json')) as {
      readonly pre: string;
      readonly post: string;
      readonly cuts: readonly number[];
      readonly ratios: readonly number[];
      readonly alpha: number;
    };
    const blocks = blocksOfCuts(spec.cuts, 4);
    assert.ok('value' in blocks);
    const ours = hmaRecipe({
      before: spec.pre,
      after: spec.post,
      blocks: blocks.value,
      ratios: spec.ratios,
      alpha: spec.alpha,
      outDtype: 'bfloat16',
    });
    const shares = sharesOf(ours, 4);
    assert.equal(shares.size, 39);
    assert.deepEqual(shares, sharesOf(read('merge.yml'), 4));
    const { recipes } = parseMergeRecipe(ours);
    assert.equal(recipes[0].dtype?.value, 'float32');
    assert.equal(recipes[0].outDtype?.value, 'bfloat16');
  });
});
