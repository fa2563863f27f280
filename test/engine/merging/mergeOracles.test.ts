import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planRecipe } from '../../fixtures/planRecipe';
import { sharedFolder } from '../../fixtures/sharedFolder';

const oracles = sharedFolder('oracles', 'merge');

interface Expected {
  readonly tensors: number;
  readonly num_hidden_layers: number;
  readonly config_dtype: string;
  readonly native_sha256: Readonly<Record<string, string>>;
}

// What mergekit 0.1.5 does with the same recipes.
describe('plans of reference recipes', () => {
  const list = (folder: string): readonly string[] => (oracles === null ? [] : readdirSync(join(oracles, folder)));
  const recipeOf = (...names: readonly string[]): string =>
    readFileSync(join(oracles ?? '', ...names, 'merge.yml'), 'utf8');

  before(function () {
    if (oracles === null) this.skip();
  });

  for (const name of list('cases')) {
    it(`have the tensors that mergekit writes, and its number format: ${name}`, async () => {
      const { stages, problems } = await planRecipe(recipeOf('cases', name), oracles ?? '');
      assert.deepEqual(
        problems.filter(({ severity }) => severity === 'error'),
        [],
      );
      const [plan] = stages;
      const expected = JSON.parse(readFileSync(join(oracles ?? '', 'cases', name, 'result.json'), 'utf8')) as Expected;
      assert.deepEqual(plan.tensors.map((tensor) => tensor.name).sort(), Object.keys(expected.native_sha256).sort());
      assert.deepEqual(
        [plan.tensors.length, plan.layerCount, plan.dtype],
        [expected.tensors, expected.num_hidden_layers, expected.config_dtype],
      );
    });
  }

  it('average by blocks as the specification of the heterogeneous average says', async () => {
    const { stages } = await planRecipe(recipeOf('hma'), oracles ?? '');
    const weights = stages[0].tensors.map(({ name, sources }) => `${name} ${sources[0].weight}`);
    for (const line of [
      'model.embed_tokens.weight 0.4',
      'model.layers.1.mlp.up_proj.weight 0.3',
      'model.layers.3.mlp.up_proj.weight 0.2',
      'lm_head.weight 0.2',
    ]) {
      assert.ok(weights.includes(line), line);
    }
  });

  for (const name of list('invalid')) {
    it(`are refused, or warned about where mergekit is silent: ${name}`, async () => {
      const text = recipeOf('invalid', name);
      const { stages, problems } = await planRecipe(text, oracles ?? '');
      const grave = problems.filter(({ severity }) => severity !== 'information');
      assert.ok(0 < grave.length);
      for (const { span } of grave) assert.ok(span.start < span.end && span.end <= text.length);
      const { mergekit } = JSON.parse(readFileSync(join(oracles ?? '', 'invalid', name, 'result.json'), 'utf8')) as {
        readonly mergekit: string;
      };
      const isRefused = grave.some(({ severity }) => severity === 'error');
      if (mergekit === 'refused') assert.ok(isRefused);
      assert.equal(stages.length, isRefused ? 0 : 1);
    });
  }
});
