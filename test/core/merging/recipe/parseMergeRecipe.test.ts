import assert from 'node:assert/strict';
import { modelsToRead, recipeModels } from '../../../../src/core/merging/recipe/modelsOfRecipe';
import { recipeModelKey, type MergeRecipe, type ParameterScope } from '../../../../src/core/merging/recipe/mergeRecipe';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { linear, modules, recipeTexts, staged, stacked } from './recipeTexts';

function only(text: string): MergeRecipe {
  const { recipes, problems } = parseMergeRecipe(text);
  assert.deepEqual(
    problems.filter(({ severity }) => severity !== 'information'),
    [],
  );
  assert.equal(recipes.length, 1);
  return recipes[0];
}

function rulesOf(scope: ParameterScope, name: string): readonly unknown[] {
  return (scope.get(name)?.rules ?? []).map(({ filter, value }) => (filter === null ? value : [filter, value]));
}

describe('parseMergeRecipe', () => {
  it('reads a list of models with gradients and filters, each value at its place', () => {
    const recipe = only(linear);
    assert.deepEqual(
      [recipe.method.value, recipe.dtype?.value, recipe.outDtype?.value, recipe.form, recipe.baseModel],
      ['linear', 'float32', 'bfloat16', 'models', null],
    );
    const [module, ...noMore] = recipe.modules;
    assert.deepEqual([module.name, module.slices.length, noMore], ['default', 1, []]);
    const [first, second] = module.slices[0].sources;
    assert.deepEqual(
      [first.model, second.model].map(({ path, revision, adapter }) => [path, revision, adapter]),
      [
        ['./sft', null, null],
        ['org/rlhf', 'v1', null],
      ],
    );
    assert.deepEqual([first.layerRange, second.layerRange], [null, null]);
    assert.deepEqual(rulesOf(first.parameters, 'weight'), [[1, 0.6, 0.3]]);
    assert.deepEqual(rulesOf(second.parameters, 'weight'), [['mlp', 0.9], 0.4]);
    const written = [first.model, ...(second.parameters.get('weight')?.rules ?? []), recipe.method].map(
      ({ span: { start, end } }) => linear.slice(start, end),
    );
    assert.deepEqual(written, ['./sft', '0.9', '0.4', 'linear']);
  });

  it('reads slices with layer ranges, bases and adapters of their own', () => {
    const recipe = only(stacked);
    assert.equal(recipe.form, 'slices');
    const [first, second] = recipe.modules[0].slices;
    assert.deepEqual(
      [...first.sources, ...second.sources].map(({ model, layerRange }) => [
        recipeModelKey(model),
        layerRange?.start,
        layerRange?.end,
      ]),
      [
        ['base', 0, 3],
        ['tuned+adapter@r2', 1, 4],
        ['base@main+adapters/one', 3, 4],
        ['other', 3, 4],
      ],
    );
    assert.deepEqual([first.baseModel, second.baseModel?.path, recipe.baseModel?.path], [null, 'other', 'base']);
    assert.deepEqual(rulesOf(first.parameters, 't'), [0.25]);
    assert.deepEqual(rulesOf(recipe.parameters, 't'), [['self_attn', [0, 0.5, 1]], 0.4]);
  });

  it('reads modules, tokenizers and values as YAML 1.1 has them', () => {
    const recipe = only(modules);
    assert.equal(recipe.form, 'modules');
    assert.deepEqual(
      recipe.modules.map(({ name, slices, parameters }) => [
        name,
        slices.map(({ sources }) => sources.length),
        rulesOf(parameters, 'weight'),
      ]),
      [
        ['text_decoder', [2], [0.5]],
        ['vision', [3], []],
      ],
    );
    assert.deepEqual(
      ['density', 'normalize', 'int8_mask', 'lambda'].map((name) => rulesOf(recipe.parameters, name)),
      [[0.5], [true], [true], [0.9]],
    );
    const { tokenizer } = recipe;
    assert.deepEqual([tokenizer?.source.value.kind, tokenizer?.padToMultipleOf?.value], ['union', 64]);
    assert.deepEqual(
      [...(tokenizer?.tokens ?? [])].map(([token, { source, force }]) => [token, source?.kind, force]),
      [
        ['<|end|>', 'modelToken', true],
        ['<|pad|>', 'zero', false],
        ['<|start|>', 'model', false],
      ],
    );
    assert.equal(recipe.chatTemplate?.value, 'auto');
  });

  it('reads documents that go on with the results of others', () => {
    const { recipes, problems } = parseMergeRecipe(staged);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      recipes.map(({ name, method, tokenizer }) => [name?.value, method.value, tokenizer?.source.value.kind]),
      [
        ['halfway', 'linear', undefined],
        [undefined, 'model_stock', 'base'],
      ],
    );
    assert.deepEqual(modelsToRead(recipes).map(recipeModelKey), ['a', 'b', 'c']);
    assert.deepEqual(recipeModels(recipes[1]).map(recipeModelKey), ['a', 'halfway', 'c']);
  });

  it('reads keys that are merged into others, and what aliases stand for', () => {
    const text = `models:
  - &first {model: a, parameters: &half {weight: 0.5}}
  - <<: *first
    model: b
merge_method: linear
parameters: *half
`;
    const [a, b] = only(text).modules[0].slices[0].sources;
    assert.deepEqual([a.model.path, b.model.path], ['a', 'b']);
    assert.deepEqual(rulesOf(b.parameters, 'weight'), [0.5]);
    const [rule] = b.parameters.get('weight')?.rules ?? [];
    assert.equal(text.slice(rule.span.start, rule.span.end), '*first');
  });

  it('has a document that is empty, or a key without a value, count as not there', () => {
    const text = `---\n${linear}base_model:\nparameters:\ntokenizer_source: null\n---\n`;
    assert.equal(only(text).tokenizer, null);
    for (const each of recipeTexts) assert.ok(parseMergeRecipe(each.replaceAll('\n', '\r\n')).recipes.length > 0);
  });
});
