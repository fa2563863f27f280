import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MergePlan } from '../../../../src/core/merging/plan/mergePlan';
import { readTokenizerCompanion } from '../../../../src/engine/merging/readTokenizerCompanion';
import { assertClose } from '../../../fixtures/assertClose';
import { toBf16, toF16 } from '../../../fixtures/halfPrecision';
import { mergedValues } from '../../../fixtures/mergedValues';
import { planRecipe } from '../../../fixtures/planRecipe';
import { planText } from '../../../fixtures/planText';
import { useTemporaryFolder } from '../../../fixtures/temporaryFolder';
import { tinyChatTemplate } from '../../../fixtures/tinyModel';
import { writeSafetensors, type TensorToWrite } from '../../../fixtures/writeSafetensors';

interface GivenModel {
  readonly words: readonly string[];
  readonly added: readonly string[];
  readonly rows?: number;
}

interface ReferenceCase {
  readonly recipe: string;
  readonly vocabSize: number;
  readonly rows: Readonly<Record<string, readonly number[]>>;
  readonly padding: readonly (readonly number[])[];
}

// Of mergekit 0.1.5: test/references/mergeTokenizers.py.
const { width, models, cases } = JSON.parse(readFileSync('test/references/mergeTokenizers.json', 'utf8')) as {
  readonly width: number;
  readonly models: Readonly<Record<string, GivenModel>>;
  readonly cases: Readonly<Record<string, ReferenceCase>>;
};

/** The models of the reference: a row of an embedding says which model and token it is of. */
function writeModels(parent: string, change: (tensor: TensorToWrite, model: string) => TensorToWrite = (t) => t): void {
  for (const [index, [name, { words, added, rows = words.length + added.length }]] of Object.entries(
    models,
  ).entries()) {
    const folder = join(parent, name);
    mkdirSync(folder);
    const write = (file: string, value: unknown): void => writeFileSync(join(folder, file), JSON.stringify(value));
    write('config.json', {
      ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: width, num_hidden_layers: 1 },
      ...{ vocab_size: rows, torch_dtype: 'float32', eos_token_id: index },
    });
    write('tokenizer_config.json', { chat_template: name === 'base' ? 'base {{ x }}' : tinyChatTemplate });
    writeFileSync(join(folder, 'tokenizer.model'), '');
    write('tokenizer.json', {
      model: { type: 'BPE', vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges: [] },
      added_tokens: added.map((content, id) => ({ id: words.length + id, content, special: true })),
    });
    const table = Float32Array.from(
      { length: rows * width },
      (_, at) => 100 * (index + 1) + Math.floor(at / width) + (at % width) / 10,
    );
    const tensors: readonly TensorToWrite[] = [
      { name: 'model.embed_tokens.weight', shape: [rows, width], data: table },
      { name: 'model.layers.0.mlp.up_proj.weight', shape: [2, width], data: new Float32Array(2 * width) },
      { name: 'model.norm.weight', shape: [width], data: new Float32Array(width) },
      { name: 'lm_head.weight', shape: [rows, width], data: table.map((value) => -value) },
    ];
    const bytes = writeSafetensors({ tensors: tensors.map((tensor) => change(tensor, name)) });
    writeFileSync(join(folder, 'model.safetensors'), bytes);
  }
}

/** Tokens of the output with their rows. */
async function tokensOf({ companions }: MergePlan): Promise<ReadonlyMap<string, number>> {
  const found = companions.find(({ name }) => name === 'tokenizer.json') ?? assert.fail('no tokenizer.json');
  const text = found.kind === 'tokenizer' ? await readTokenizerCompanion(found) : null;
  const path = found.kind === 'copy' ? found.from : null;
  const json = JSON.parse(text ?? readFileSync(path ?? '', 'utf8')) as {
    readonly model: { readonly vocab: Readonly<Record<string, number>> };
    readonly added_tokens: readonly { readonly content: string; readonly id: number }[];
  };
  return new Map([
    ...Object.entries(json.model.vocab),
    ...json.added_tokens.map(({ content, id }) => [content, id] as const),
  ]);
}

function configOf({ companions }: MergePlan): Record<string, unknown> {
  const found = companions.find(({ name }) => name === 'config.json');
  return JSON.parse(found?.kind === 'text' ? found.text : '{}') as Record<string, unknown>;
}

describe('a policy for tokenizers', () => {
  const folder = useTemporaryFolder();

  for (const [name, { recipe, vocabSize, rows, padding }] of Object.entries(cases)) {
    it(`makes the tables that mergekit makes: ${name}`, async () => {
      writeModels(folder());
      const stages = await planText(recipe, folder());
      const [plan] = stages;
      const tokens = await tokensOf(plan);
      assert.deepEqual([...tokens.keys()].sort(), Object.keys(rows).sort());
      assert.equal(configOf(plan)['vocab_size'], vocabSize);
      const expected = new Float32Array(vocabSize * width);
      for (const [token, row] of tokens) expected.set(rows[token] ?? [], row * width);
      padding.forEach((row, index) => expected.set(row, (tokens.size + index) * width));
      const table = mergedValues(stages, 'model.embed_tokens.weight');
      assertClose(table, expected, { tolerance: 1e-6, what: 'embeddings' });
      const head = mergedValues(stages, 'lm_head.weight');
      assertClose(
        head,
        expected.map((value) => -value),
        { tolerance: 1e-6, what: 'head' },
      );
    });
  }

  it('reads what models lend each other in one format where theirs are not one', async () => {
    writeModels(folder(), (tensor, model) =>
      model === 'base' ? tensor : model === 'left' ? toBf16(tensor) : toF16(tensor),
    );
    const { recipe } = cases['union'];
    const stages = await planText(recipe.replace('dtype: float32\n', ''), folder());
    const [table] = stages[0].tensors;
    assert.deepEqual(
      table.sources.map(({ rows }) => rows?.isMixed),
      [true, true, true],
    );
    const tokens = await tokensOf(stages[0]);
    const values = mergedValues(stages, 'model.embed_tokens.weight');
    // 302 in F16, which BF16 would not hold.
    assert.equal(values[(tokens.get('g') ?? 0) * width], 302);
  });

  it('leaves out what would not know added tokens, and keeps the ends of texts of the tokenizer’s own model', async () => {
    writeModels(folder());
    const [union] = await planText(cases['union'].recipe, folder());
    assert.ok(!union.companions.some(({ name }) => name === 'tokenizer.model'));
    assert.equal(configOf(union)['eos_token_id'], 0);
    const [ofModel] = await planText(cases['a model'].recipe, folder());
    assert.equal(configOf(ofModel)['eos_token_id'], 2);
    const file = ofModel.companions.find(({ name }) => name === 'tokenizer_config.json');
    assert.equal(file?.kind === 'copy' ? file.from : '', join(folder(), 'right', 'tokenizer_config.json'));
  });

  it('gives the tokens of an earlier document to a later one', async () => {
    writeModels(folder());
    const first = `name: wide\n${cases['union'].recipe}`;
    const second = `models:
- model: wide
  parameters: {weight: 0.5}
- model: base
  parameters: {weight: 0.5}
base_model: wide
merge_method: linear
tokenizer_source: base
dtype: float32
`;
    const stages = await planText(`${first}---\n${second}`, folder());
    const tokens = await tokensOf(stages[1]);
    assert.equal(tokens.size, 11);
    const values = mergedValues(stages, 'model.embed_tokens.weight');
    const [{ rows }] = [cases['union']];
    assertClose([values[(tokens.get('g') ?? 0) * width]], [rows['g'][0]], { tolerance: 1e-6 });
    assertClose([values[(tokens.get('a') ?? 0) * width]], [(rows['a'][0] + 100) / 2], { tolerance: 1e-6 });
  });

  it('says what is missing: a tokenizer, a token, a model that is not merged', async () => {
    writeModels(folder());
    const chosen = (source: string): string =>
      `${cases['base'].recipe.replace('tokenizer_source: base\n', '')}tokenizer:\n  source: base\n  tokens:\n    new: {source: ${source}}\n`;
    const told = async (text: string): Promise<readonly string[]> => {
      const { problems } = await planRecipe(text, folder());
      return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    };
    assert.deepEqual(await told(chosen('left')), ['left has no token "new"']);
    assert.deepEqual(await told(chosen('{kind: model_token, model: left, token_id: 9}')), ['left has no token 9']);
    assert.deepEqual(await told(chosen('{kind: model_token, model: left, token_id: 8}')), []);
    writeFileSync(join(folder(), 'base', 'tokenizer.json'), '{}');
    assert.match((await told(cases['base'].recipe))[0], /tokenizer\.json.*no tokenizer/);
  });

  it('tells of models that read text otherwise where there is none', async () => {
    writeModels(folder());
    const text = cases['base'].recipe.replace('tokenizer_source: base\n', '');
    const { problems } = await planRecipe(text, folder());
    assert.deepEqual(
      problems
        .filter(({ code }) => code === 'tokenizer')
        .map(({ severity, span }) => [severity, text.slice(span.start, span.end)]),
      [
        ['error', 'left'],
        ['error', 'right'],
      ],
    );
  });
});

describe('the chat template of a merge', () => {
  const folder = useTemporaryFolder();
  const templateOf = ({ companions }: MergePlan): string | null => {
    const found = companions.find(({ name }) => name === 'chat_template.jinja');
    return found?.kind === 'text' ? found.text : null;
  };

  it('is the tokenizer’s own, that of most models, one by name, or the one that is given', async () => {
    writeModels(folder());
    const { recipe } = cases['base'];
    const planned = async (more: string): Promise<string | null> =>
      templateOf((await planText(recipe + more, folder()))[0]);
    assert.equal(await planned(''), null);
    assert.equal(await planned('chat_template: auto\n'), tinyChatTemplate);
    assert.match((await planned('chat_template: chatml\n')) ?? '', /<\|im_start\|>/);
    assert.equal(await planned('chat_template: "{{ messages[0].content }}"\n'), '{{ messages[0].content }}');
    const { problems } = await planRecipe(`${recipe}chat_template: chatlm\n`, folder());
    assert.ok(problems.some(({ severity, span }) => severity === 'error' && span.start > recipe.length));
  });
});
