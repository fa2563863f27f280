import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isMergeRecipe, isRecipeName } from '../../../../src/core/merging/recipe/isMergeRecipe';
import { mergeMethods } from '../../../../src/core/merging/methods/mergeMethod';
import { recipeModelKey } from '../../../../src/core/merging/recipe/mergeRecipe';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { recipeCursorContext, recipeKeyAt } from '../../../../src/core/merging/recipe/recipeCursor';
import { recipePlaceAt } from '../../../../src/core/merging/recipe/recipePlace';
import { recipeSchema } from '../../../../src/core/merging/recipe/recipeSchema';
import { linear, recipeTexts, stacked } from './recipeTexts';

/** What may be written where the text has a bar. */
function suggestions(text: string): unknown {
  const offset = text.indexOf('|');
  const context = recipeCursorContext(text.replace('|', ''), offset);
  if (context === null) return null;
  switch (context.kind) {
    case 'key':
      return Object.keys(context.keys).filter((key) => !context.taken.has(key));
    case 'word':
      return context.words;
    case 'item':
    case 'value':
      return [context.kind, context.path.at(-1)];
    default:
      return context.kind;
  }
}

describe('help in a merge recipe', () => {
  it('has the JSON schema that the table of keys gives', () => {
    const kept: unknown = JSON.parse(readFileSync('media/schemas/mergeRecipe.schema.json', 'utf8'));
    assert.deepEqual(kept, recipeSchema());
  });

  it('knows a recipe by its name, or by the key that each has', () => {
    for (const name of [
      'a.merge.yml',
      'b/c.merge.yaml',
      'x/mergekit_config.yml',
      'mergekit_config.yml',
      'C:\\m\\A.MERGE.YML',
    ]) {
      assert.ok(isRecipeName(name), name);
    }
    for (const name of ['merge.yml', 'a.yml', 'notmergekit_config.yml']) assert.ok(!isRecipeName(name), name);
    for (const text of [...recipeTexts, 'merge_method:\n', '"merge_method": slerp']) assert.ok(isMergeRecipe(text));
    for (const text of ['', 'a:\n  merge_method: b', '# merge_method: x', 'merge_methods: x']) {
      assert.ok(!isMergeRecipe(text), text);
    }
  });

  it('explains keys, and parameters as the method has them', () => {
    const explain = (text: string, part: string): string =>
      recipeKeyAt(text, text.indexOf(part) + 1)?.spec.description ?? '';
    assert.match(explain(linear, 'merge_method'), /`linear`: The weighted average of the models\./);
    assert.match(explain(linear, 'weight'), /How much the model counts\. Has to be given\./);
    assert.match(explain(linear, 'filter'), /in their names/);
    assert.match(explain(stacked, 'layer_range'), /one after the last/);
    const ties = 'merge_method: ties\nmodels: [{model: a, parameters: {density: 1}}]\n';
    assert.match(explain(ties, 'density'), /From 0 to 1\. Default: 1\./);
    assert.equal(explain(linear, './sft'), '');
    const second = `${linear}---\n${ties}`;
    assert.match(explain(second, 'density'), /From 0 to 1/, 'of the method of its own document');
  });

  it('suggests the keys of the place, without those that exclude each other, and parameters of the method', () => {
    const root = suggestions('merge_method: linear\nmodels:\n  - model: a\n|') as string[];
    assert.ok(root.includes('dtype') && !root.includes('slices') && !root.includes('merge_method'), root.join());
    assert.ok(!(suggestions('tokenizer: {source: a}\n|') as string[]).includes('tokenizer_source'));
    assert.deepEqual(suggestions('merge_method: ties\nmodels:\n  - model: a\n    parameters:\n      |'), [
      'weight',
      'density',
    ]);
    assert.deepEqual(suggestions('merge_method: slerp\nparameters: {|}'), ['t']);
    assert.deepEqual(suggestions('merge_method: linear\nmodels:\n  - {model: a, |}'), ['parameters']);
    assert.deepEqual(suggestions('merge_method: linear\n---\nmerge_method: slerp\nparameters:\n  |'), ['t']);
    assert.deepEqual(suggestions('slices:\n  - sources:\n      - model: a\n        |'), ['layer_range', 'parameters']);
  });

  it('suggests methods, number formats, models and the beginnings of items', () => {
    assert.deepEqual(suggestions('merge_method: |'), mergeMethods);
    assert.deepEqual(suggestions('dtype: b|'), ['float32', 'float16', 'bfloat16']);
    assert.deepEqual(suggestions('merge_method: linear\nparameters:\n  normalize: |'), ['true', 'false']);
    assert.deepEqual(suggestions('models:\n  - model: ./m|'), ['value', 'model']);
    assert.deepEqual(suggestions('base_model: |'), ['value', 'base_model']);
    assert.deepEqual(suggestions('merge_method: linear\nparameters:\n  weight:\n    - filter: |'), ['value', 'filter']);
    assert.deepEqual(suggestions('models:\n  |'), ['item', 'models']);
    assert.equal(suggestions('# dty|'), null);
  });

  it('finds the model and the value that stand at a place', () => {
    const { recipes } = parseMergeRecipe(stacked);
    const at = (part: string): unknown => {
      const place = recipePlaceAt(recipes, stacked.indexOf(part));
      if (place === null) return null;
      const key = place.model === null ? null : recipeModelKey(place.model);
      return place.kind === 'model' ? key : [place.parameter, key];
    };
    assert.equal(at('tuned+'), 'tuned+adapter@r2');
    assert.equal(at('adapters/one'), 'base@main+adapters/one');
    assert.deepEqual(at('0.25'), ['t', null]);
    assert.deepEqual(at('0.4'), ['t', null]);
    assert.equal(at('merge_method'), null);
    const own = parseMergeRecipe(linear).recipes;
    const value = recipePlaceAt(own, linear.indexOf('0.9'));
    assert.ok(value?.kind === 'value' && value.model?.path === 'org/rlhf');
  });
});
