import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isReadable, type MergeSource } from '../../../src/core/merging/plan/mergeSource';
import type { SourceReference } from '../../../src/engine/merging/readMergeSources';
import { readMergeSources } from '../../../src/engine/merging/readMergeSources';
import { mergedValues } from '../../fixtures/mergedValues';
import { planText } from '../../fixtures/planText';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../../fixtures/tinyModel';
import { valuesOfName } from '../../fixtures/valuesOfName';
import { writeSafetensors } from '../../fixtures/writeSafetensors';

function named(path: string, more: Partial<SourceReference> = {}): SourceReference {
  return { path, revision: null, adapter: null, ...more };
}

describe('the sources of a merge', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();

  async function read(model: SourceReference, folders: readonly string[] = [folder()]): Promise<MergeSource | string> {
    const params = { models: [model], folders, withVocabulary: false };
    const [reading] = await readMergeSources(params, quietContext());
    return isReadable(reading) ? reading : reading.error.message;
  }

  async function readWell(model: SourceReference, folders?: readonly string[]): Promise<MergeSource> {
    const source = await read(model, folders);
    return typeof source === 'string' ? assert.fail(source) : source;
  }

  it('are read from headers and small files, of any architecture, under the names that the files have', async () => {
    const config = { architectures: ['OddForCausalLM'], model_type: 'odd', n_layer: 2, text: 1e-7 };
    mkdirSync(join(folder(), 'odd'));
    writeFileSync(join(folder(), 'odd', 'config.json'), JSON.stringify(config));
    const tensors = ['wte.weight', 'blocks.0.w', 'blocks.1.w'].map((name) => ({ name, shape: [2, 3] }));
    writeFileSync(join(folder(), 'odd', 'model.safetensors'), writeSafetensors({ tensors }));
    writeFileSync(join(folder(), 'odd', 'generation_config.json'), '{}');
    writeFileSync(join(folder(), 'odd', 'README.md'), '# Odd');
    const source = await readWell(named('odd'));
    assert.deepEqual([source.key, source.name, source.layerCount, source.problems], ['odd', 'odd', 2, []]);
    assert.deepEqual([...source.tensors.keys()], ['wte.weight', 'blocks.0.w', 'blocks.1.w']);
    assert.deepEqual(source.companions, ['generation_config.json']);
    assert.equal(source.tokenizer, null);
    assert.equal(source.files[0].size, readFileSync(join(folder(), 'odd', 'model.safetensors')).length);
  });

  it('are looked for beside the recipe, then in the current folder, then in the cache of the hub', async () => {
    const [first, second] = ['first', 'second'].map((name) => join(folder(), name));
    writeTinyModel({ folder: join(first, 'a'), config: tinyCausal('llama') });
    for (const name of ['a', 'b']) writeTinyModel({ folder: join(second, name), config: tinyCausal('llama') });
    assert.equal((await readWell(named('a'), [first, second])).path, join(first, 'a'));
    assert.equal((await readWell(named('b'), [first, second])).path, join(second, 'b'));
    const previous = process.env['HF_HUB_CACHE'];
    process.env['HF_HUB_CACHE'] = folder();
    try {
      const snapshot = join(folder(), 'models--org--c', 'snapshots', '0123456789abcdef');
      mkdirSync(join(snapshot, '..'), { recursive: true });
      cpSync(join(first, 'a'), snapshot, { recursive: true });
      const source = await readWell(named('org/c', { revision: '0123456789' }), [first]);
      assert.deepEqual([source.key, source.name, source.path], ['org/c@0123456789', 'org/c', snapshot]);
    } finally {
      if (previous === undefined) delete process.env['HF_HUB_CACHE'];
      else process.env['HF_HUB_CACHE'] = previous;
    }
  });

  it('that cannot be read have their error, and the others are read all the same', async () => {
    writeTinyModel({ folder: join(folder(), 'good'), config: tinyCausal('llama') });
    writeFileSync(join(folder(), 'file.gguf'), '');
    mkdirSync(join(folder(), 'empty'));
    writeTinyModel({ folder: join(folder(), 'pickle'), config: tinyCausal('llama') });
    renameSync(join(folder(), 'pickle', 'model.safetensors'), join(folder(), 'pickle', 'pytorch_model.bin'));
    const models = ['nothing', 'good', 'file.gguf', 'empty', 'pickle'].map((path) => named(path));
    const readings = await readMergeSources({ models, folders: [folder()], withVocabulary: false }, quietContext());
    assert.deepEqual(
      readings.map((reading) => (isReadable(reading) ? 'read' : reading.error.code)),
      ['not_found', 'read', 'unsupported', 'not_found', 'not_found'],
    );
    assert.match(String(readings.map((reading) => (isReadable(reading) ? '' : reading.error.hint))), /safetensors/);
  });

  it('have equal tokenizers where these make equal tokens, however they are written', async () => {
    writeTinyModel({ folder: join(folder(), 'a'), config: tinyCausal('llama') });
    for (const name of ['b', 'c', 'd']) cpSync(join(folder(), 'a'), join(folder(), name), { recursive: true });
    const edit = (name: string, change: (json: { model: { vocab: Record<string, number> } }) => unknown): void => {
      const path = join(folder(), name, 'tokenizer.json');
      const json = JSON.parse(readFileSync(path, 'utf8')) as { model: { vocab: Record<string, number> } };
      writeFileSync(path, JSON.stringify(change(json), null, 2));
    };
    edit('b', ({ model, ...json }) => {
      const vocab = Object.fromEntries(Object.entries(model.vocab).reverse());
      return { ...json, truncation: { max_length: 5 }, model: { ...model, vocab } };
    });
    edit('c', (json) => ({ ...json, added_tokens: [] }));
    edit('d', ({ model, ...json }) => {
      const { a = 0, b = 0 } = model.vocab;
      return { ...json, model: { ...model, vocab: { ...model.vocab, a: b, b: a } } };
    });
    const [a, b, c, d] = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => (await readWell(named(name))).tokenizer),
    );
    assert.equal(a?.hash, b?.hash);
    assert.notEqual(a?.hash, c?.hash);
    assert.equal(a?.wordsHash, c?.wordsHash);
    assert.notEqual(a?.wordsHash, d?.wordsHash);
    assert.deepEqual([a?.size, c?.size, a?.vocabulary], [261, 256, null]);
  });

  it('change their fingerprint with their weights', async () => {
    writeTinyModel({ folder: join(folder(), 'a'), config: tinyCausal('llama') });
    const before = await readWell(named('a'));
    assert.equal((await readWell(named('a'))).fingerprint, before.fingerprint);
    const path = join(folder(), 'a', 'model.safetensors');
    const bytes = readFileSync(path);
    rmSync(path);
    bytes[bytes.length - 1] ^= 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, bytes);
    assert.notEqual((await readWell(named('a'))).fingerprint, before.fingerprint);
  });

  it('carry what an adapter adds to them, and it is merged', async () => {
    writeTinyModel({ folder: join(folder(), 'base'), config: tinyCausal('llama') });
    const lora = join(folder(), 'lora');
    mkdirSync(lora);
    const module = 'base_model.model.model.layers.0.self_attn.q_proj';
    const [a, b] = [
      { name: `${module}.lora_A.weight`, shape: [2, 32] },
      { name: `${module}.lora_B.weight`, shape: [32, 2] },
    ];
    const tensors = [a, b].map(({ name, shape }) => ({ name, shape, data: valuesOfName(name, shape) }));
    writeFileSync(join(lora, 'adapter_model.safetensors'), writeSafetensors({ tensors }));
    const config = { peft_type: 'LORA', base_model_name_or_path: 'elsewhere', r: 2, lora_alpha: 4 };
    writeFileSync(join(lora, 'adapter_config.json'), JSON.stringify(config));
    const source = await readWell(named('base', { adapter: { path: 'lora', revision: null } }));
    assert.deepEqual([source.key, source.files.length, source.problems], ['base+lora', 2, []]);
    const changed = [...source.tensors.values()].filter(({ adapter }) => adapter !== undefined);
    assert.deepEqual(
      changed.map(({ name, adapter }) => [name, adapter?.scale]),
      [['model.layers.0.self_attn.q_proj.weight', 2]],
    );

    const recipe = 'models:\n- model: base+lora\nmerge_method: passthrough\n';
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const adapted = mergedValues(await planText(recipe, folder()), name);
    const plain = mergedValues(await planText(recipe.replace('+lora', ''), folder()), name);
    const [left, right] = [tensors[1].data, tensors[0].data];
    for (const [row, column] of [
      [0, 0],
      [5, 31],
      [31, 7],
    ]) {
      const added = 2 * (left[2 * row] * right[column] + left[2 * row + 1] * right[32 + column]);
      const at = 32 * row + column;
      assert.ok(Math.abs(adapted[at] - plain[at] - added) < 1e-6, `${adapted[at]} at ${row}, ${column}`);
    }
    writeFileSync(join(lora, 'adapter_config.json'), JSON.stringify({ ...config, r: 3 }));
    const broken = await readWell(named('base', { adapter: { path: 'lora', revision: null } }));
    assert.match(broken.problems.join(), /of rank 3 does not fit/);
  });
});
