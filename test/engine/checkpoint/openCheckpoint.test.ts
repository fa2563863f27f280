import assert from 'node:assert/strict';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../../src/core/checkpoint/checkpoint';
import { decodableDtypes } from '../../../src/core/checkpoint/decodeTensor';
import { expectedTensors } from '../../../src/core/checkpoint/expectedTensors';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { openFileByteSource } from '../../../src/engine/checkpoint/fileByteSource';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { readTensor } from '../../../src/engine/checkpoint/readTensor';
import { readTokenizerSource } from '../../../src/engine/checkpoint/readTokenizerSource';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';
import { writeGguf, type GgufToWrite } from '../../fixtures/writeGguf';
import { writeSafetensors } from '../../fixtures/writeSafetensors';

const open = (path: string): Promise<Checkpoint> => openCheckpoint(path, quietContext());

describe('openCheckpoint', () => {
  const folder = useTemporaryFolder();

  it('opens a single file, whatever its name, and reads its tensors', async () => {
    writeTinyCheckpoint({ folder: folder() });
    renameSync(join(folder(), 'model.safetensors'), join(folder(), 'weights.safetensors'));
    const checkpoint = await open(folder());
    assert.deepEqual(checkpoint.problems, []);
    assert.equal(checkpoint.dtype, 'F32');
    assert.equal(checkpoint.head, null);
    const tensors = tinyTensors(tinyLlamaConfig);
    for (const { name, data } of tensors) assert.deepEqual(await readTensor(checkpoint, name), data);
    const count = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    assert.equal(checkpoint.parameters, count);
    await rejects(() => readTensor(checkpoint, 'nothing'), 'weights');
  });

  it('opens shards by their index, and gives the same tensors', async () => {
    writeTinyCheckpoint({ folder: folder(), shards: 3 });
    const checkpoint = await open(folder());
    assert.deepEqual(checkpoint.problems, []);
    for (const { name, data } of tinyTensors(tinyLlamaConfig))
      assert.deepEqual(await readTensor(checkpoint, name), data);
    assert.equal(new Set([...checkpoint.tensors.values()].map(({ file }) => file)).size, 3);
  });

  it('lists everything that is missing, extra, mis-shaped or unreadable at once', async () => {
    const tensors = tinyTensors(tinyLlamaConfig)
      .filter(({ name }) => name !== 'model.norm.weight' && name !== 'model.layers.1.mlp.up_proj.weight')
      .map((tensor) => {
        if (tensor.name === 'model.layers.0.self_attn.k_proj.weight') return { name: tensor.name, shape: [16, 16] };
        if (tensor.name === 'model.layers.0.self_attn.v_proj.weight')
          return { name: tensor.name, dtype: 'I8', shape: tensor.shape };
        return tensor;
      });
    const extra = [
      { name: 'model.layers.7.strange', shape: [2] },
      { name: 'model.layers.0.self_attn.rotary_emb.inv_freq', shape: [2] },
    ];
    writeTinyCheckpoint({ folder: folder(), tensors: [...tensors, ...extra] });
    const { problems } = await open(folder());
    assert.deepEqual(problems, [
      'tensor model.layers.0.self_attn.k_proj.weight has the shape [16, 16], [8, 16] expected',
      `tensor model.layers.0.self_attn.v_proj.weight is of the unsupported kind I8 (supported: ${decodableDtypes()})`,
      'tensor model.layers.1.mlp.up_proj.weight is missing ([24, 16] expected)',
      'tensor model.norm.weight is missing ([16] expected)',
      'tensor model.layers.7.strange is not part of LlamaForCausalLM',
    ]);
  });

  it('names a shard that is absent, and tensors that are not where the index has them', async () => {
    writeTinyCheckpoint({ folder: folder(), shards: 2 });
    rmSync(join(folder(), 'model-00002-of-00002.safetensors'));
    const { problems } = await open(folder());
    assert.match(problems[0], /the weight file model-00002-of-00002\.safetensors.*does not exist/);
    assert.ok(
      problems.some((problem) => problem.includes('lm_head') || problem.includes('model.norm.weight is missing')),
    );
    writeTinyCheckpoint({ folder: folder(), shards: 2 });
    const index = join(folder(), 'model.safetensors.index.json');
    writeFileSync(index, readFileSync(index, 'utf8').replace('"model.embed_tokens.weight":', '"model.other.weight":'));
    const moved = (await open(folder())).problems;
    assert.ok(
      moved.some(
        (problem) =>
          problem.includes('model.embed_tokens.weight is in model-00001') && problem.includes('does not name it'),
      ),
    );
    assert.ok(moved.some((problem) => problem.includes('model.other.weight is not in model-00001')));
  });

  it('refuses an index whose path leaves the folder', async () => {
    writeTinyCheckpoint({ folder: folder(), shards: 2 });
    const index = join(folder(), 'model.safetensors.index.json');
    writeFileSync(index, readFileSync(index, 'utf8').replace('model-00001-of', '../model-00001-of'));
    await rejects(() => open(folder()), 'format', /leaves its folder/);
  });

  it('takes an absent lm_head as tied, and padded embedding rows as they are', async () => {
    const tensors = tinyTensors(tinyLlamaConfig).filter(({ name }) => name !== 'lm_head.weight');
    const padded = tensors.map((tensor) =>
      tensor.name === 'model.embed_tokens.weight' ? { name: tensor.name, shape: [32, 16] } : tensor,
    );
    writeTinyCheckpoint({ folder: folder(), tensors: padded });
    assert.deepEqual((await open(folder())).problems, []);
  });

  it('adds the prefix of a body that was saved alone', async () => {
    const tensors = tinyTensors(tinyLlamaConfig)
      .filter(({ name }) => name !== 'lm_head.weight')
      .map((tensor) => ({ ...tensor, name: tensor.name.replace(/^model\./, '') }));
    writeTinyCheckpoint({ folder: folder(), config: { ...tinyLlamaConfig, architectures: ['LlamaModel'] }, tensors });
    const checkpoint = await open(folder());
    assert.deepEqual(checkpoint.problems, []);
    assert.equal((await readTensor(checkpoint, 'model.norm.weight')).length, 16);
  });

  it('finds a gate with ArmoRM’s nineteen objectives, and lists the gate’s tensors when they are missing', async () => {
    const config = { ...tinyLlamaConfig, architectures: ['LlamaForRewardModelWithGating'], gating_hidden_dim: 8 };
    writeTinyCheckpoint({ folder: folder(), config });
    const { head, problems } = await open(folder());
    assert.deepEqual(problems, []);
    assert.equal(head?.kind, 'gated');
    assert.deepEqual([head?.objectives.length, head?.objectives[4]], [19, 'helpsteer-verbosity']);
    const broken = tinyTensors(config).filter(({ name }) => !name.startsWith('gating.layers.3'));
    writeTinyCheckpoint({ folder: folder(), config, tensors: broken });
    assert.deepEqual((await open(folder())).problems, [
      'tensor gating.layers.3.weight is missing ([19, 8] expected)',
      'tensor gating.layers.3.bias is missing ([19] expected)',
    ]);
  });

  it('counts the rows of a classification head, with the labels where they fit', async () => {
    const config = {
      ...tinyLlamaConfig,
      architectures: ['LlamaForSequenceClassification'],
      id2label: { 0: 'good', 1: 'bad' },
    };
    const body = tinyTensors(config).filter(({ name }) => name !== 'score.weight');
    writeTinyCheckpoint({ folder: folder(), config, tensors: [...body, { name: 'score.weight', shape: [2, 16] }] });
    assert.deepEqual((await open(folder())).head, { kind: 'classification', objectives: ['good', 'bad'] });
    writeTinyCheckpoint({ folder: folder(), config, tensors: [...body, { name: 'score.weight', shape: [1, 16] }] });
    assert.deepEqual((await open(folder())).head, { kind: 'classification', objectives: ['LABEL_0'] });
  });

  it('says what is missing when a folder or file is no checkpoint', async () => {
    await rejects(() => open(folder()), 'not_found', /config\.json/);
    await rejects(() => open(join(folder(), 'nowhere')), 'not_found', /does not exist/);
    writeFileSync(join(folder(), 'config.json'), JSON.stringify(tinyLlamaConfig));
    await rejects(() => open(folder()), 'not_found', /no \.safetensors file/);
    await rejects(() => open(join(folder(), 'config.json')), 'unsupported');
    for (const name of ['a', 'b'])
      writeFileSync(join(folder(), `${name}.safetensors`), writeSafetensors({ tensors: [] }));
    await rejects(() => open(folder()), 'format', /2 \.safetensors files/);
  });

  it('changes the fingerprint with content or time of change, and keeps it otherwise', async () => {
    writeTinyCheckpoint({ folder: folder() });
    const { fingerprint } = await open(folder());
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
    assert.equal((await open(folder())).fingerprint, fingerprint);
    utimesSync(join(folder(), 'model.safetensors'), 1e9, 1e9);
    const touched = (await open(folder())).fingerprint;
    assert.notEqual(touched, fingerprint);
    writeFileSync(join(folder(), 'config.json'), JSON.stringify({ ...tinyLlamaConfig, rope_theta: 5 }));
    assert.notEqual((await open(folder())).fingerprint, touched);
  });

  it('reads the licence from the model card, else from a licence file', async () => {
    writeTinyCheckpoint({ folder: folder() });
    assert.equal((await open(folder())).license, null);
    writeFileSync(join(folder(), 'LICENSE.txt'), 'text');
    assert.equal((await open(folder())).license, 'LICENSE.txt');
    writeFileSync(join(folder(), 'README.md'), '---\nlanguage: en\nlicense: llama3\n---\n# Model\nlicense: mit\n');
    assert.equal((await open(folder())).license, 'llama3');
    writeFileSync(join(folder(), 'README.md'), '---\r\nlicense: other\r\nlicense_name: special\r\n---\r\n');
    assert.equal((await open(folder())).license, 'special');
  });

  it('opens four shards of 8B shapes in under a second', async function () {
    const config = {
      ...tinyLlamaConfig,
      hidden_size: 4096,
      intermediate_size: 14336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128256,
    };
    writeFileSync(join(folder(), 'config.json'), JSON.stringify(config));
    const tensors = expectedTensors(parseModelConfig(config, 'config.json'), null);
    const weightMap: Record<string, string> = {};
    const size = Math.ceil(tensors.length / 4);
    for (let shard = 0; shard < 4; shard++) {
      const header: Record<string, unknown> = {};
      let offset = 0;
      for (const { name, shape } of tensors.slice(shard * size, (shard + 1) * size)) {
        const bytes = shape.reduce<number>((product, length) => product * (length ?? 1), 2);
        header[name] = { dtype: 'BF16', shape, data_offsets: [offset, offset + bytes] };
        weightMap[name] = `model-${shard}.safetensors`;
        offset += bytes;
      }
      const text = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      const file = openSync(join(folder(), `model-${shard}.safetensors`), 'w');
      writeSync(file, Buffer.concat([length, text]));
      ftruncateSync(file, 8 + text.length + offset);
      closeSync(file);
    }
    writeFileSync(join(folder(), 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    const begun = performance.now();
    const checkpoint = await open(folder());
    const elapsed = performance.now() - begun;
    assert.deepEqual(checkpoint.problems, []);
    assert.equal(checkpoint.parameters, 8_030_261_248);
    assert.ok(elapsed < 1000, `${elapsed} ms`);
  });
});

describe('openCheckpoint on GGUF', () => {
  const folder = useTemporaryFolder();
  const f32 = (name: string, shape: readonly number[]) => ({
    name,
    shape,
    kind: 0,
    data: new Uint8Array(new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5).buffer),
  });
  const layer = (i: number) => [
    f32(`blk.${i}.attn_norm.weight`, [16]),
    f32(`blk.${i}.attn_q.weight`, [16, 16]),
    f32(`blk.${i}.attn_k.weight`, [8, 16]),
    f32(`blk.${i}.attn_v.weight`, [8, 16]),
    f32(`blk.${i}.attn_output.weight`, [16, 16]),
    f32(`blk.${i}.ffn_norm.weight`, [16]),
    f32(`blk.${i}.ffn_gate.weight`, [24, 16]),
    f32(`blk.${i}.ffn_up.weight`, [24, 16]),
    f32(`blk.${i}.ffn_down.weight`, [16, 24]),
  ];
  const model: GgufToWrite = {
    metadata: {
      'general.architecture': { kind: 8, value: 'llama' },
      'general.license': { kind: 8, value: 'apache-2.0' },
      'llama.block_count': { kind: 4, value: 2 },
      'llama.context_length': { kind: 4, value: 8192 },
      'llama.embedding_length': { kind: 4, value: 16 },
      'llama.feed_forward_length': { kind: 4, value: 24 },
      'llama.attention.head_count': { kind: 4, value: 4 },
      'llama.attention.head_count_kv': { kind: 4, value: 2 },
      'llama.attention.layer_norm_rms_epsilon': { kind: 6, value: 1e-5 },
      'llama.rope.freq_base': { kind: 6, value: 500000 },
      'tokenizer.ggml.eos_token_id': { kind: 4, value: 2 },
    },
    tensors: [f32('token_embd.weight', [30, 16]), ...layer(0), ...layer(1), f32('output_norm.weight', [16])],
  };

  it('gives the same view as a folder', async () => {
    const path = join(folder(), 'tiny.gguf');
    writeFileSync(path, writeGguf(model));
    const { config, problems, name, license, tensors, format } = await open(path);
    assert.deepEqual(problems, []);
    assert.deepEqual([name, license, format, config.modelType], ['tiny', 'apache-2.0', 'gguf', 'llama']);
    assert.deepEqual(
      [config.normEpsilon, config.rotaries[0].theta, config.headDim, config.tiedEmbeddingsKey],
      [1e-5, 500000, 4, true],
    );
    assert.equal(tensors.get('model.layers.1.self_attn.k_proj.weight')?.interleavedHeads, 2);
    assert.equal(tensors.get('model.layers.1.self_attn.v_proj.weight')?.interleavedHeads, undefined);
  });

  it('finds the llama3 scaling again that a file has as factors, and refuses other factors', async () => {
    const path = join(folder(), 'tiny.gguf');
    // As convert_hf_to_gguf.py computes them for Llama 3.1 (factor 8, 1, 4, 8192), here for one head of 16.
    const factors = Float32Array.from({ length: 8 }, (_, i) => {
      const wavelength = 2 * Math.PI * 500000 ** (i / 8);
      if (wavelength < 8192 / 4) return 1;
      if (8192 < wavelength) return 8;
      const smooth = (8192 / wavelength - 1) / 3;
      return 1 / ((1 - smooth) / 8 + smooth);
    });
    assert.equal(new Set(factors).size, 3, 'fast, slow and one between');
    const heads = {
      'llama.attention.head_count': { kind: 4, value: 1 },
      'llama.attention.head_count_kv': { kind: 4, value: 1 },
    };
    const write = (values: Float32Array): void => {
      const data = new Uint8Array(values.buffer);
      const tensors = [...model.tensors, { name: 'rope_freqs.weight', shape: [values.length], kind: 0, data }];
      writeFileSync(path, writeGguf({ metadata: { ...model.metadata, ...heads }, tensors }));
    };
    write(factors);
    const scaling = {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 8192,
    };
    assert.deepEqual((await open(path)).config.rotaries[0].scaling, scaling);
    write(new Float32Array(8).fill(1));
    assert.deepEqual((await open(path)).config.rotaries[0].scaling, { kind: 'default' });
    write(factors.map((value) => value + 0.1));
    await rejects(() => open(path), 'unsupported', /rope_freqs/);
  });

  it('names other architectures as unsupported', async () => {
    const path = join(folder(), 'tiny.gguf');
    const metadata = { ...model.metadata, 'general.architecture': { kind: 8, value: 'bert' } };
    writeFileSync(path, writeGguf({ ...model, metadata }));
    await rejects(() => open(path), 'unsupported', /"bert"/);
  });
});

describe('readTokenizerSource', () => {
  const folder = useTemporaryFolder();

  it('prefers chat_template.jinja, then the template of tokenizer_config.json, named default in a list', async () => {
    writeTinyCheckpoint({ folder: folder() });
    const checkpoint = await open(folder());
    await rejects(() => readTokenizerSource(checkpoint), 'not_found', /tokenizer\.json/);
    writeFileSync(join(folder(), 'tokenizer.json'), '{"version":"1.0"}');
    assert.deepEqual(await readTokenizerSource(checkpoint), {
      tokenizerJson: { version: '1.0' },
      tokenizerConfig: {},
      chatTemplate: null,
    });
    const list = [
      { name: 'tool', template: 'T' },
      { name: 'default', template: 'D' },
    ];
    writeFileSync(join(folder(), 'tokenizer_config.json'), JSON.stringify({ chat_template: list }));
    assert.equal((await readTokenizerSource(checkpoint)).chatTemplate, 'D');
    writeFileSync(join(folder(), 'chat_template.jinja'), 'J\n');
    assert.equal((await readTokenizerSource(checkpoint)).chatTemplate, 'J\n');
    writeFileSync(join(folder(), 'tokenizer.json'), '[1]');
    await rejects(() => readTokenizerSource(checkpoint), 'format', /not a JSON object/);
  });
});

describe('openFileByteSource', () => {
  const folder = useTemporaryFolder();

  it('reads any range, and refuses after closing and beyond the end', async () => {
    const path = join(folder(), 'x');
    writeFileSync(path, 'abcdef');
    const source = await openFileByteSource(path);
    assert.equal(source.size, 6);
    assert.equal(Buffer.from(await source.read(2, 3)).toString(), 'cde');
    await rejects(() => source.read(4, 3), 'format', /shorter/);
    await source.close();
    await source.close();
    await rejects(() => source.read(0, 1), 'internal', /closed/);
    await rejects(() => openFileByteSource(folder()), 'not_found', /not a file|is a folder/);
  });
});
