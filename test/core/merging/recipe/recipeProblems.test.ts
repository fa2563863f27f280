import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinProblems } from '../../../../src/core/yaml/joinProblems';
import type { RecipeProblem } from '../../../../src/core/yaml/recipeProblem';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { sharedFolder } from '../../../fixtures/sharedFolder';

/** Code, severity, and what is underlined. */
function problemsOf(text: string): readonly (readonly [string, string, string])[] {
  return parseMergeRecipe(text).problems.map(({ code, severity, span }) => [
    code,
    severity,
    text.slice(span.start, span.end),
  ]);
}

function messagesOf(text: string): readonly string[] {
  return parseMergeRecipe(text).problems.map(({ message }) => message);
}

const pair = (weights: readonly [unknown, unknown], rest = ''): string =>
  `models:
  - {model: a, parameters: {weight: ${JSON.stringify(weights[0])}}}
  - {model: b, parameters: {weight: ${JSON.stringify(weights[1])}}}
merge_method: linear
${rest}`;

describe('problems of a merge recipe', () => {
  it('names the known method, key, parameter or number format that is nearest', () => {
    const text = `modles: []
models:
  - {model: a, parameters: {weigth: 0.5, weight: 0.5}}
merge_method: dare-ties
dtype: bf16
out_dtype: float64
`;
    const { problems, recipes } = parseMergeRecipe(text);
    assert.deepEqual(recipes, []);
    assert.deepEqual(
      problems.map(({ code, suggestion, severity }) => [code, suggestion, severity]),
      [
        ['unknown_key', 'models', 'error'],
        ['unknown_parameter', 'weight', 'error'],
        ['unknown_method', 'dare_ties', 'error'],
        ['unknown_dtype', 'bfloat16', 'error'],
        ['unknown_dtype', 'float32', 'error'],
      ],
    );
    assert.match(problems[3].message, /^unknown number format "bf16": did you mean `bfloat16`\?$/);
    assert.match(messagesOf('merge_method: x\nmodels: [{model: a}]\n')[0], /known are linear, slerp/);
  });

  it('wants exactly one of models, slices and modules, and one of tokenizer_source and tokenizer', () => {
    const both = 'models:\n  - {model: a}\nslices:\n  - sources: [{model: a, layer_range: [0, 1]}]\n';
    assert.deepEqual(problemsOf(`${both}merge_method: passthrough\n`), [['two_forms', 'error', 'slices']]);
    assert.deepEqual(problemsOf('merge_method: linear\n'), [['no_models', 'error', 'merge_method']]);
    const tokenizers = 'tokenizer_source: union\ntokenizer: {source: union}\n';
    assert.deepEqual(problemsOf(pair([0.5, 0.5], tokenizers)), [['tokenizer_twice', 'error', 'tokenizer']]);
    assert.deepEqual(problemsOf(pair([0.5, 0.5], 'tokenizer_source: base\n')), [['base_missing', 'error', 'base']]);
  });

  it('refuses values that mean nothing', () => {
    const text = `models:
  - model: a
    parameters: {weight: 1, density: 50}
  - model: b
    parameters: {weight: .inf, density: [0.5, -0.2]}
  - model: c
    parameters: {weight: [], density: {filter: mlp, vlaue: 1}}
  - model: d
    parameters: {weight: [1, {value: 2}], density: high}
merge_method: ties
base_model: e
parameters: {normalize: maybe, lambda: true}
`;
    assert.deepEqual(problemsOf(text), [
      ['parameter_range', 'error', '50'],
      ['parameter_value', 'error', '.inf'],
      ['parameter_range', 'error', '-0.2'],
      ['parameter_value', 'error', '[]'],
      ['missing_key', 'error', 'filter'],
      ['unknown_key', 'error', 'vlaue'],
      ['parameter_value', 'error', '1'],
      ['parameter_value', 'error', 'high'],
      ['parameter_value', 'error', 'maybe'],
      ['parameter_value', 'error', 'true'],
    ]);
  });

  it('says what has no effect: parameters of other methods, shared ones under a model, rules that are never reached', () => {
    const text = `models:
  - model: a
    parameters:
      normalize: false
      weight: [{filter: attn, value: 1}, {filter: self_attn, value: 2}, {value: 0.5}, {filter: mlp, value: 3}]
  - {model: b, parameters: {weight: 0.5, density: 0.5}}
merge_method: linear
`;
    assert.deepEqual(problemsOf(text), [
      ['misplaced_parameter', 'warning', 'normalize'],
      ['unreachable_rule', 'warning', '{filter: self_attn, value: 2}'],
      ['unreachable_rule', 'warning', '{filter: mlp, value: 3}'],
      ['unused_parameter', 'warning', 'density'],
    ]);
    assert.equal(parseMergeRecipe(text).recipes.length, 1);
  });

  it('counts models as the method takes them, with and besides the base', () => {
    const recipe = (method: string, models: string, base = ''): string =>
      `models: [${models}]\nmerge_method: ${method}\n${base === '' ? '' : `base_model: ${base}\n`}parameters: {t: 0.5, weight: 1}\n`;
    const counts = (text: string): readonly (readonly [string, string])[] =>
      problemsOf(text)
        .filter(([, severity]) => severity === 'error')
        .map(([code, , place]) => [code, place]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `{model: ${name}}`);
    assert.deepEqual(counts(recipe('slerp', `${a}, ${b}`)), [['base_missing', 'slerp']]);
    assert.deepEqual(counts(recipe('slerp', a, 'b')), []);
    assert.deepEqual(counts(recipe('slerp', `${a}, ${b}`, 'c')), [['model_count', 'c']]);
    assert.deepEqual(counts(recipe('model_stock', `${a}, ${b}`, 'a')), [['model_count', 'model_stock']]);
    assert.deepEqual(counts(recipe('model_stock', `${a}, ${b}, ${c}`, 'c')), []);
    assert.deepEqual(counts(recipe('nuslerp', `${a}, ${b}, ${c}`)), [['model_count', 'c']]);
    assert.deepEqual(counts(recipe('nuslerp', `${a}, ${b}`, 'd')), []);
    assert.deepEqual(counts(recipe('task_arithmetic', a, 'b')), []);
    assert.deepEqual(counts(recipe('linear', `${a}, ${a}`)), [['model_twice', 'a']]);
    const slices = 'slices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 2]}]}]\n';
    assert.deepEqual(counts(`${slices}merge_method: passthrough\n`), [['model_count', 'b']]);
    assert.deepEqual(counts(`${slices}merge_method: slerp\nbase_model: c\nparameters: {t: 1}\n`), [
      ['base_not_listed', 'a'],
    ]);
  });

  it('wants every parameter that has no default, and a weight of a base that linear takes as one more model', () => {
    const text =
      'models:\n  - {model: a, parameters: {weight: 1}}\n  - model: b\nmerge_method: linear\nbase_model: c\n';
    assert.deepEqual(problemsOf(text), [
      ['missing_parameter', 'error', 'b'],
      ['missing_parameter', 'error', 'c'],
    ]);
    assert.match(messagesOf(text)[1], /takes no base/);
    assert.deepEqual(problemsOf('models: [{model: a}]\nbase_model: b\nmerge_method: slerp\n'), [
      ['missing_parameter', 'error', 'slerp'],
    ]);
    assert.deepEqual(problemsOf('models: [{model: a}, {model: b}]\nbase_model: b\nmerge_method: ties\n'), [
      ['missing_parameter', 'error', 'a'],
    ]);
  });

  it('refuses weights that cancel where they are divided by their sum, and doubts sums that are no average', () => {
    assert.deepEqual(problemsOf(pair([1, -1])), [['weights_cancel', 'error', '-1']]);
    assert.deepEqual(problemsOf(pair([0, 0])), [['weights_cancel', 'error', '0']]);
    assert.deepEqual(problemsOf(pair([1, -0.95])), [['weights_cancel', 'warning', '-0.95']]);
    assert.deepEqual(problemsOf(pair([0.5, 0.3], 'parameters: {normalize: false}\n')), [
      ['weights_sum', 'warning', '0.3'],
    ]);
    assert.deepEqual(problemsOf(pair([0.7, 0.3], 'parameters: {normalize: false}\n')), []);
    assert.deepEqual(problemsOf(pair([7, 3])), []);
    // Two differences taken from each other are what task arithmetic is for.
    const task = pair([1, -1], 'base_model: c\n').replace('linear', 'task_arithmetic');
    assert.deepEqual(problemsOf(task), []);
  });

  it('tells that embeddings, final norm and head take the first value of a list, and a single layer the last', () => {
    const ends = (text: string): readonly string[] =>
      parseMergeRecipe(text)
        .problems.filter(({ severity }) => severity === 'information')
        .map(({ message }) => message);
    assert.deepEqual(ends(pair([[1, 0], 0.5])), [
      'the embeddings, the final norm and the head take the first value, 1: the list runs over the layers only',
    ]);
    assert.deepEqual(ends(pair([[1, 0, 1], 0.5])), [], 'first and last are the same');
    assert.deepEqual(ends(pair([{ filter: 'mlp', value: [1, 0] }, 0.5])), []);
    assert.deepEqual(ends(pair([{ filter: 'norm', value: [1, 0] }, 0.5])), [
      'the final norm takes the first value, 1: the list runs over the layers only',
    ]);
    const rules = [{ filter: 'embed', value: 0 }, { filter: 'lm_head', value: 0 }, { value: [1, 0] }];
    assert.match(ends(pair([rules, 0.5]))[0], /^the final norm takes/);
    const slices = `slices:
  - sources: [{model: a, layer_range: [0, 1], parameters: {scale: [0.5, 2]}}]
  - sources: [{model: a, layer_range: [0, 4], parameters: {scale: [0.5, 2]}}]
  - sources: [{model: a, layer_range: [0, 4], parameters: {scale: [0.5, 2]}}]
merge_method: passthrough
`;
    assert.deepEqual(ends(slices), [
      'the embeddings take the first value, 0.5: the list runs over the layers only',
      'a slice of one layer takes the last value, 2',
      'the final norm and the head take the first value, 0.5: the list runs over the layers only',
    ]);
  });

  it('refuses layer ranges that are none, and slices whose sources have not as many layers', () => {
    const slice = (ranges: readonly string[]): string =>
      `slices:\n  - sources:\n${ranges.map((range, index) => `      - {model: m${index}, layer_range: ${range}}\n`).join('')}merge_method: linear\nparameters: {weight: 1}\n`;
    assert.deepEqual(problemsOf(slice(['[0, 3]', '[1, 5]'])), [['layer_range', 'error', '[1, 5]']]);
    assert.deepEqual(problemsOf(slice(['[3, 0]'])), [['layer_range', 'error', '[3, 0]']]);
    assert.deepEqual(problemsOf(slice(['[0]'])), [['layer_range', 'error', '[0]']]);
    assert.deepEqual(problemsOf(slice(['[-1, 2]']))[0], ['wrong_value', 'error', '-1']);
    assert.deepEqual(problemsOf('slices: [{sources: [{model: a}]}]\nmerge_method: passthrough\n'), [
      ['missing_key', 'error', 'model'],
    ]);
  });

  it('refuses names of models that are none', () => {
    for (const model of ['"a+b+c"', '"a@b@c"', '"@v"', '"+x"', '{model: {path: ""}}']) {
      const found = problemsOf(`models: [{model: ${model}}]\nmerge_method: passthrough\n`);
      assert.ok(
        found.some(([code]) => code === 'model_reference' || code === 'wrong_value'),
        model,
      );
    }
  });

  it('has documents in their order, under names that are told apart', () => {
    const stage = (name: string, model: string): string =>
      `${name === '' ? '' : `name: ${name}\n`}models: [{model: ${model}}]\nmerge_method: passthrough\n`;
    const codes = (...stages: readonly string[]): readonly string[] =>
      problemsOf(stages.join('---\n')).map(([code, , place]) => `${code} ${place}`);
    assert.deepEqual(codes(stage('one', 'a'), stage('', 'one')), []);
    assert.deepEqual(codes(stage('', 'a'), stage('', 'b')), ['document_name passthrough']);
    assert.deepEqual(codes(stage('one', 'two'), stage('two', 'a'), stage('', 'one')), ['document_order two']);
    assert.deepEqual(codes(stage('one', 'a'), stage('one', 'b'), stage('', 'one')), ['document_name one']);
    assert.deepEqual(codes(stage('one', 'a'), stage('', 'b')), ['unused_document one']);
    assert.deepEqual(codes(stage('one', 'one')), ['document_order one']);
  });

  it('says what is wrong with a text that holds no recipe', () => {
    for (const [text, code] of [
      ['', 'no_recipe'],
      ['# nothing\n', 'no_recipe'],
      ['- a\n', 'wrong_value'],
      ['linear', 'wrong_value'],
      ['models: [', 'yaml'],
      ['['.repeat(20_000), 'yaml'],
      ['a'.repeat(1_000_001), 'yaml'],
    ] as const) {
      const { recipes, problems } = parseMergeRecipe(text);
      assert.deepEqual(recipes, []);
      assert.ok(
        problems.some((problem) => problem.code === code),
        text.slice(0, 20),
      );
    }
  });

  it('are said once where the plan finds the same', () => {
    const span = { start: 3, end: 5 };
    const error: RecipeProblem = { code: 'missing_parameter', severity: 'error', message: 'a', span };
    const warning: RecipeProblem = { code: 'weights_sum', severity: 'warning', message: 'b', span };
    const elsewhere: RecipeProblem = { ...warning, span: { start: 0, end: 1 } };
    assert.deepEqual(joinProblems([error], [warning, elsewhere]), [elsewhere, error]);
    assert.deepEqual(joinProblems([warning], [error]), [warning, error]);
  });

  describe('in the reference cases', () => {
    const cases = sharedFolder('oracles', 'merge');

    it('are no errors where mergekit merges', function () {
      if (cases === null) return this.skip();
      for (const name of readdirSync(join(cases, 'cases'))) {
        const { recipes, problems } = parseMergeRecipe(readFileSync(join(cases, 'cases', name, 'merge.yml'), 'utf8'));
        assert.equal(recipes.length, 1, name);
        assert.ok(!problems.some(({ severity }) => severity === 'error'), name);
      }
    });

    it('are errors where a recipe is wrong, whatever its models are', function () {
      if (cases === null) return this.skip();
      // For these the models have to be looked at.
      const ofModels = ['layer_range_beyond_end', 'shape_mismatch'];
      for (const name of readdirSync(join(cases, 'invalid'))) {
        const { problems } = parseMergeRecipe(readFileSync(join(cases, 'invalid', name, 'merge.yml'), 'utf8'));
        const isRefused = problems.some(({ severity }) => severity === 'error');
        assert.equal(isRefused, !ofModels.includes(name), name);
      }
    });
  });
});
