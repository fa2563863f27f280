import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import { describeResolvedConfig } from '../../../src/core/checkpoint/describeResolvedConfig';
import type { ModelConfig } from '../../../src/core/checkpoint/modelConfig';
import { parseConfigJson } from '../../../src/core/checkpoint/parseConfigJson';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { sharedFolder } from '../../fixtures/sharedFolder';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 48,
  intermediate_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-5,
};
const mistral = { ...llama, architectures: ['MistralForCausalLM'], model_type: 'mistral' };
const qwen2 = { ...llama, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
const gemma3 = { architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' };
const gpt2 = { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' };
const qwen3 = { ...llama, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };

function parse(json: unknown): ModelConfig {
  return parseModelConfig(json, 'config.json');
}

function parseText(text: string | Uint8Array): ModelConfig {
  return parse(parseConfigJson(typeof text === 'string' ? new TextEncoder().encode(text) : text, 'config.json'));
}

describe('parseModelConfig', () => {
  it('reads the rotary base in each of its spellings', () => {
    assert.equal(parse(llama).rotaries[0].theta, 10000);
    assert.equal(parse({ ...llama, rope_theta: 5e5 }).rotaries[0].theta, 5e5);
    assert.equal(
      parse({ ...llama, rope_parameters: { rope_theta: 5e5, rope_type: 'default' } }).rotaries[0].theta,
      5e5,
    );
    assert.equal(parse({ ...llama, rope_theta: 1, rope_parameters: { rope_theta: 5e5 } }).rotaries[0].theta, 5e5);
    assert.equal(parse({ ...llama, rope_parameters: { full_attention: { rope_theta: 5e5 } } }).rotaries[0].theta, 5e5);
  });

  it('reads rotary scaling in each of its spellings', () => {
    const scaling = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 128 };
    const expected = {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 128,
    };
    for (const kind of [{ rope_type: 'llama3' }, { type: 'llama3' }]) {
      assert.deepEqual(parse({ ...llama, rope_scaling: { ...scaling, ...kind } }).rotaries[0].scaling, expected);
      assert.deepEqual(
        parse({ ...llama, rope_parameters: { ...scaling, ...kind, rope_theta: 1e4 } }).rotaries[0].scaling,
        expected,
      );
    }
    const { original_max_position_embeddings: original, ...open } = scaling;
    const top = {
      ...llama,
      rope_scaling: { ...open, rope_type: 'llama3' },
      original_max_position_embeddings: original,
    };
    assert.deepEqual(parse(top).rotaries[0].scaling, expected);
    const defaulted = parse({ ...llama, rope_scaling: { ...open, rope_type: 'llama3' } }).rotaries[0].scaling;
    assert.deepEqual(defaulted, { ...expected, originalContextLength: 1024 });
    const linear = parse({ ...llama, rope_scaling: { type: 'linear', factor: 4 } }).rotaries[0].scaling;
    assert.deepEqual(linear, { kind: 'linear', factor: 4 });
    for (const none of [null, { rope_type: 'default' }, { type: 'default' }]) {
      assert.deepEqual(parse({ ...llama, rope_scaling: none }).rotaries[0].scaling, { kind: 'default' });
    }
  });

  it('names a kind of rotary scaling that it cannot compile', async () => {
    for (const kind of ['su', 'proportional', 'mrope']) {
      const read = (): Promise<unknown> =>
        Promise.resolve().then(() => parse({ ...llama, rope_scaling: { type: kind, factor: 2 } }));
      const { hint } = await rejects(read, 'unsupported', new RegExp(`"${kind}"`));
      assert.match(hint ?? '', /llama3/);
    }
  });

  it('gives every layer of Mistral its window, and none where it is null', () => {
    assert.deepEqual(parse({ ...mistral, sliding_window: 11 }).windowPerLayer, [11, 11, 11, 11]);
    assert.deepEqual(parse({ ...mistral, sliding_window: null }).windowPerLayer, [null, null, null, null]);
    assert.deepEqual(parse(mistral).windowPerLayer, [4096, 4096, 4096, 4096]);
    assert.deepEqual(parse({ ...llama, sliding_window: 11 }).windowPerLayer, [null, null, null, null]);
  });

  it('windows the layers of Qwen2 from max_window_layers on, only when told to', () => {
    const windowed = { ...qwen2, sliding_window: 7, max_window_layers: 3 };
    assert.deepEqual(parse(windowed).windowPerLayer, [null, null, null, null]);
    assert.deepEqual(parse({ ...windowed, use_sliding_window: false }).windowPerLayer, [null, null, null, null]);
    assert.deepEqual(parse({ ...windowed, use_sliding_window: true }).windowPerLayer, [null, null, null, 7]);
    const kinds = ['sliding_attention', 'full_attention', 'attention', 'sliding_attention'];
    assert.deepEqual(parse({ ...windowed, layer_types: kinds }).windowPerLayer, [7, null, null, 7]);
  });

  it('derives head sizes where they are absent or null, with each family’s own defaults', () => {
    assert.equal(parse(llama).headDim, 12);
    assert.equal(parse({ ...mistral, head_dim: null }).headDim, 12);
    assert.equal(parse({ ...llama, head_dim: 16 }).headDim, 16);
    assert.equal(parse(qwen3).headDim, 128);
    const { num_key_value_heads: _, ...open } = { ...llama, num_attention_heads: 8, hidden_size: 64 };
    assert.equal(parse(open).keyValueHeadCount, 8);
    assert.equal(
      parse({ ...open, ...{ architectures: ['MistralForCausalLM'], model_type: 'mistral' } }).keyValueHeadCount,
      8,
    );
    assert.equal(
      parse({ ...open, num_key_value_heads: null, model_type: 'mistral', architectures: undefined }).keyValueHeadCount,
      8,
    );
  });

  it('takes one end-of-sequence id or a list, null and −1 as none', () => {
    assert.deepEqual(parse({ ...llama, eos_token_id: 3 }).eosTokenIds, [3]);
    assert.deepEqual(parse({ ...llama, eos_token_id: [3, 5] }).eosTokenIds, [3, 5]);
    assert.deepEqual(parse({ ...llama, eos_token_id: null }).eosTokenIds, []);
    assert.equal(parse({ ...llama, pad_token_id: -1 }).padTokenId, null);
    assert.equal(parse({ ...llama, pad_token_id: 0 }).padTokenId, 0);
    assert.equal(parse({ ...qwen2, bos_token_id: null }).bosTokenId, null);
  });

  it('orders labels by their ids, not by their place in the file', () => {
    const id2label = Object.fromEntries(['10', '2', '0', '1', ...'3456789'].map((id) => [id, `label ${id}`]));
    assert.deepEqual(
      parse({ ...llama, id2label }).labels,
      Array.from({ length: 11 }, (_, id) => `label ${id}`),
    );
    assert.equal(parse(llama).labels, null);
  });

  it('reads the gate of a reward model with gating, with ArmoRM’s defaults', () => {
    const architectures = ['LlamaForRewardModelWithGating'];
    const gating = { objectives: 19, temperature: 10, hiddenSize: 1024, hiddenLayers: 3 };
    assert.deepEqual(parse({ ...llama, architectures }).gating, gating);
    const written = { num_objectives: 4, gating_temperature: 2.5, gating_hidden_dim: 8, gating_n_hidden: 1 };
    const expected = { objectives: 4, temperature: 2.5, hiddenSize: 8, hiddenLayers: 1 };
    assert.deepEqual(parse({ ...llama, ...written, architectures }).gating, expected);
    assert.equal(parse({ ...llama, ...written }).gating, null);
  });

  it('accepts what Python writes: Infinity, NaN, repeated keys, a byte order mark', () => {
    const text = `\uFEFF${JSON.stringify(llama).slice(0, -1)}, "limit": [0.0, Infinity], "other": -Infinity, "n": NaN, "vocab_size": 101}`;
    assert.equal(parseText(text).vocabSize, 101);
  });

  it('reads the rotary settings of Phi-3 in its own spellings', () => {
    const factors = { short_factor: [1, 1.1, 1.2], long_factor: [2, 3, 4] };
    const phi3 = {
      ...{ ...llama, architectures: ['Phi3ForCausalLM'], model_type: 'phi3', head_dim: 8 },
      ...{ partial_rotary_factor: 0.75, original_max_position_embeddings: 64 },
    };
    const expected = {
      ...{ theta: 10000, dimensions: 6, layers: 'all', magnitude: Math.sqrt(1 + Math.log(16) / Math.log(64)) },
      scaling: { kind: 'longrope', shortFactors: [1, 1.1, 1.2], longFactors: [2, 3, 4], originalContextLength: 64 },
    };
    for (const type of ['su', 'longrope', 'yarn']) {
      assert.deepEqual(parse({ ...phi3, rope_scaling: { ...factors, type } }).rotaries, [expected]);
    }
    const nested = { ...factors, rope_type: 'longrope', rope_theta: 10000, original_max_position_embeddings: 4 };
    assert.deepEqual(parse({ ...phi3, rope_parameters: nested }).rotaries, [expected]);
    const { original_max_position_embeddings: _, ...open } = phi3;
    const { scaling } = parse({ ...open, rope_scaling: { ...factors, type: 'su' } }).rotaries[0];
    assert.equal(scaling.kind === 'longrope' && scaling.originalContextLength, 4096);
    assert.equal(parse({ ...phi3, rope_scaling: null }).rotaries[0].dimensions, 6);
    assert.throws(
      () => parse({ ...phi3, rope_scaling: { ...factors, type: 'su', long_factor: [1] } }),
      /long_factor has 1/,
    );
  });

  it('reads yarn with and without its finer settings, and the context that it reaches', () => {
    const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 512 };
    const plain = parse({ ...qwen2, rope_scaling: yarn });
    assert.equal(plain.contextLength, 2048);
    assert.deepEqual(plain.rotaries[0].scaling, {
      ...{ kind: 'yarn', factor: 4, originalContextLength: 512, betaFast: 32, betaSlow: 1, truncate: true },
    });
    assert.equal(plain.rotaries[0].magnitude, 0.1 * Math.log(4) + 1);
    const given = parse({ ...qwen2, rope_scaling: { ...yarn, attention_factor: 0.5, beta_fast: 16, truncate: false } });
    assert.equal(given.rotaries[0].magnitude, 0.5);
    assert.equal(parse({ ...qwen2, rope_scaling: { ...yarn, mscale: 1, mscale_all_dim: 1 } }).rotaries[0].magnitude, 1);
  });

  it('rotates the layers of SmolLM3 that are marked, else three of four', () => {
    const smollm3 = { ...llama, architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3' };
    const rotated = (json: object): boolean[] => parse(json).rotaryPerLayer.map((table) => table !== null);
    assert.deepEqual(rotated(smollm3), [true, true, true, false]);
    assert.deepEqual(rotated({ ...smollm3, no_rope_layers: [0, 1, 0, 1] }), [false, true, false, true]);
    assert.deepEqual(rotated({ ...smollm3, no_rope_layer_interval: 2 }), [true, false, true, false]);
    const windowed = { ...smollm3, sliding_window: 9, no_rope_layers: [0, 1, 0, 1] };
    assert.deepEqual(parse(windowed).windowPerLayer, [null, null, null, null]);
    assert.deepEqual(parse({ ...windowed, use_sliding_window: true }).windowPerLayer, [9, null, 9, null]);
    assert.equal(parse(smollm3).rotaries[0].theta, 2e6);
    assert.throws(() => parse({ ...smollm3, no_rope_layers: [1] }), /no_rope_layers has 1/);
  });

  it('gives Gemma its windows, with and without a list of kinds', () => {
    const gemma2 = { ...llama, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2', sliding_window: 7 };
    assert.deepEqual(parse(gemma2).windowPerLayer, [7, null, 7, null]);
    const third = { ...llama, ...gemma3, sliding_window: 7, sliding_window_pattern: 3 };
    assert.deepEqual(parse(third).windowPerLayer, [7, 7, null, 7]);
    const { sliding_window_pattern: _, ...sixth } = third;
    assert.deepEqual(parse({ ...sixth, _sliding_window_pattern: 2 }).windowPerLayer, [7, 7, 7, 7]);
    const { rotaries, rotaryPerLayer } = parse({ ...third, rope_theta: 5e5, rope_local_base_freq: 2e4 });
    assert.deepEqual(
      rotaries.map(({ layers, theta }) => [layers, theta]),
      [
        ['full_attention', 5e5],
        ['sliding_attention', 2e4],
      ],
    );
    assert.deepEqual(rotaryPerLayer, [1, 1, 0, 1]);
  });

  it('reads the text part of google/gemma-3-4b-it, whose configuration leaves out what is default', () => {
    const config = parse({
      architectures: ['Gemma3ForConditionalGeneration'],
      eos_token_id: [1, 106],
      model_type: 'gemma3',
      text_config: {
        hidden_size: 2560,
        intermediate_size: 10240,
        model_type: 'gemma3_text',
        num_hidden_layers: 34,
        rope_scaling: { factor: 8.0, rope_type: 'linear' },
        sliding_window: 1024,
      },
      vision_config: { hidden_size: 1152, model_type: 'siglip_vision_model' },
    });
    assert.deepEqual(
      [config.headCount, config.keyValueHeadCount, config.headDim, config.vocabSize, config.contextLength],
      [8, 4, 256, 262_208, 131_072],
    );
    assert.equal(config.windowPerLayer.filter((window) => window === null).length, 5);
    assert.deepEqual(config.eosTokenIds, [1, 106]);
    assert.deepEqual(config.rotaries[0].scaling, { kind: 'linear', factor: 8 });
    assert.equal(config.rotaries[0].theta, 1e6);
  });

  it('reads GPT-2 and Pythia in their own words', () => {
    const small = parse({
      ...gpt2,
      ...{ n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, n_ctx: 1024, vocab_size: 50257 },
      ...{ activation_function: 'gelu_new', layer_norm_epsilon: 1e-5, bos_token_id: 50256, eos_token_id: 50256 },
    });
    assert.deepEqual(
      [small.hiddenSize, small.headDim, small.intermediateSize, small.contextLength, small.activation],
      [768, 64, 3072, 1024, 'gelu_tanh'],
    );
    assert.deepEqual(describeResolvedConfig(small, true).rope_per_layer, Array(12).fill(false));
    assert.ok(!('inv_freq' in describeResolvedConfig(small, true)));
    const pythia = parse({
      ...{ architectures: ['GPTNeoXForCausalLM'], model_type: 'gpt_neox', hidden_act: 'gelu', hidden_size: 512 },
      ...{ intermediate_size: 2048, layer_norm_eps: 1e-5, max_position_embeddings: 2048, num_attention_heads: 8 },
      ...{ num_hidden_layers: 6, rotary_emb_base: 10000, rotary_pct: 0.25, use_parallel_residual: true },
      ...{ vocab_size: 50304, bos_token_id: 0, eos_token_id: 0, tie_word_embeddings: false },
    });
    assert.equal(pythia.rotaries[0].dimensions, 16);
    assert.deepEqual([pythia.activation, pythia.traits.hasParallelResidual], ['gelu', true]);
  });

  it('takes the padding token that a family has when none is written, and none when null is', () => {
    const gemma2 = { ...llama, architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2' };
    assert.equal(parse(gemma2).padTokenId, 0);
    assert.equal(parse({ ...gemma2, pad_token_id: null }).padTokenId, null);
    assert.equal(parse(llama).padTokenId, null);
    assert.equal(parse(llama).tiedEmbeddingsKey, null);
    assert.equal(parse(gemma2).tiedEmbeddingsKey, true);
  });

  const unsupported: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['another architecture', { ...llama, architectures: ['GPTJForCausalLM'], model_type: 'gptj' }, /GPTJForCausalLM/],
    ['a model type without architectures', { model_type: 'mamba' }, /mamba/],
    ['a model type that is a property of every object', { model_type: 'constructor' }, /constructor/],
    [
      'a class that belongs to another family',
      { ...llama, architectures: ['MistralForCausalLM'] },
      /MistralForCausalLM/,
    ],
    ['another activation', { ...llama, hidden_act: 'xielu' }, /"xielu"/],
    ['attention in both directions', { ...llama, ...gemma3, use_bidirectional_attention: true }, /use_bidirectional/],
    ['attention to an encoder', { ...llama, ...gpt2, add_cross_attention: true }, /add_cross_attention/],
    ['quantised weights', { ...llama, quantization_config: { quant_method: 'gptq' } }, /"gptq"/],
    ['partial rotation', { ...llama, partial_rotary_factor: 0.5 }, /partial_rotary_factor 0.5/],
  ];
  for (const [what, json, message] of unsupported) {
    it(`names ${what} as unsupported`, async () => {
      await rejects(() => Promise.resolve().then(() => parse(json)), 'unsupported', message);
    });
  }

  const kinds: readonly (readonly [string, string, RegExp])[] = [
    ['MixtralForCausalLM', 'mixtral', /mixture of experts/],
    ['Qwen2MoeForCausalLM', 'qwen2_moe', /mixture of experts/],
    ['Qwen3MoeForCausalLM', 'qwen3_moe', /mixture of experts/],
    ['DeepseekV3ForCausalLM', 'deepseek_v3', /mixture of experts/],
    ['OlmoeForCausalLM', 'olmoe', /mixture of experts/],
    ['PhimoeForCausalLM', 'phimoe', /mixture of experts/],
    ['GraniteMoeForCausalLM', 'granitemoe', /mixture of experts/],
    ['GptOssForCausalLM', 'gpt_oss', /mixture of experts/],
    ['Llama4ForConditionalGeneration', 'llama4', /mixture of experts/],
    ['BertForSequenceClassification', 'bert', /is an encoder, which/],
    ['RobertaForSequenceClassification', 'roberta', /is an encoder, which/],
    ['DebertaV2ForSequenceClassification', 'deberta-v2', /is an encoder, which/],
    ['ModernBertForSequenceClassification', 'modernbert', /is an encoder, which/],
    ['T5ForConditionalGeneration', 't5', /encoder with a decoder/],
    ['MambaForCausalLM', 'mamba', /carry a state/],
    ['Qwen2VLForConditionalGeneration', 'qwen2_vl', /images or sound/],
  ];
  for (const [architecture, modelType, reason] of kinds) {
    it(`names ${architecture} and says why it is not read`, async () => {
      const read = (): Promise<unknown> =>
        Promise.resolve().then(() => parse({ architectures: [architecture], model_type: modelType }));
      const { message, hint } = await rejects(read, 'unsupported', reason);
      assert.ok(message.includes(architecture) && message.includes(modelType));
      assert.match(hint ?? '', /llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3_text, phi3/);
    });
  }

  it('knows a mixture of experts by their number when it does not know the name', async () => {
    const json = { architectures: ['NewForCausalLM'], model_type: 'new', num_local_experts: 8 };
    await rejects(() => Promise.resolve().then(() => parse(json)), 'unsupported', /NewForCausalLM.*mixture of experts/);
    const dense = Promise.resolve().then(() => parse({ ...json, num_local_experts: 0 }));
    await assert.rejects(dense, (error) => error instanceof AlidadeError && !error.message.includes('experts'));
  });

  const broken: readonly (readonly [string, unknown])[] = [
    ['a list', []],
    ['no hidden_size', { ...llama, hidden_size: undefined }],
    ['hidden_size 0', { ...llama, hidden_size: 0 }],
    ['hidden_size 1e9', { ...llama, hidden_size: 1e9 }],
    ['hidden_size "48"', { ...llama, hidden_size: '48' }],
    ['a fraction of a layer', { ...llama, num_hidden_layers: 2.5 }],
    ['a million layers', { ...llama, num_hidden_layers: 1e6 }],
    ['heads that do not divide', { ...llama, num_key_value_heads: 3 }],
    ['hidden_size that heads do not divide', { ...llama, hidden_size: 50 }],
    ['odd head_dim', { ...llama, head_dim: 3 }],
    ['negative epsilon', { ...llama, rms_norm_eps: -1 }],
    ['infinite theta', { ...llama, rope_theta: Infinity }],
    ['theta NaN', { ...llama, rope_theta: NaN }],
    ['theta as an encoded infinity', { ...llama, rope_theta: { __float__: 'Infinity' } }],
    [
      'llama3 scaling without a factor',
      { ...llama, rope_scaling: { rope_type: 'llama3', low_freq_factor: 1, high_freq_factor: 4 } },
    ],
    [
      'equal frequency factors',
      { ...llama, rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
    ],
    ['layer_types of another length', { ...qwen2, layer_types: ['full_attention'] }],
    ['an unknown layer type', { ...qwen2, layer_types: Array(4).fill('linear_attention') }],
    [
      'sliding layers without a window',
      { ...qwen2, sliding_window: null, layer_types: Array(4).fill('sliding_attention') },
    ],
    ['labels with a gap', { ...llama, id2label: { 0: 'a', 2: 'c' } }],
    ['labels that are numbers', { ...llama, id2label: { 0: 1 } }],
    ['a token id that is a text', { ...llama, eos_token_id: '2' }],
  ];
  for (const [what, json] of broken) {
    it(`refuses ${what}`, async () => {
      await rejects(() => Promise.resolve().then(() => parse(json)), 'format', /config\.json/);
    });
  }

  it('reads both forms of every reference model as the reference did', function () {
    const models = sharedFolder('oracles', 'models');
    if (models === null) return this.skip();
    let compared = 0;
    for (const name of readdirSync(models)) {
      const folder = join(models, name);
      const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, unknown>;
      const resolved = expected['resolved'] as { readonly tied_embeddings: boolean } | undefined;
      const forms = readdirSync(folder).filter((file) => /^config(\.v[45])?\.json$/.test(file));
      const configs = forms.map((form) => parseText(readFileSync(join(folder, form))));
      for (const config of configs) {
        assert.deepEqual(config, configs[0], name);
        if (resolved === undefined) continue;
        assert.deepEqual(describeResolvedConfig(config, resolved.tied_embeddings), resolved, name);
        compared++;
      }
    }
    assert.ok(20 <= compared, `${compared} compared`);
  });

  it(`gives an error or a configuration in range after each of ${mutationCount} mutations`, () => {
    const rich = {
      ...qwen2,
      id2label: { 0: 'a', 1: 'b' },
      layer_types: Array<string>(4).fill('full_attention'),
      rope_parameters: { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, rope_theta: 1e6 },
      eos_token_id: [1, 2],
    };
    const original = new TextEncoder().encode(JSON.stringify(rich));
    const random = seededRandom(6);
    let readings = 0;
    for (let i = 0; i < mutationCount; i++) {
      const bytes = mutateBytes(original, random);
      try {
        const config = parseText(bytes);
        readings++;
        const json = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
        assert.equal(config.hiddenSize, json['hidden_size']);
        assert.equal(config.windowPerLayer.length, json['num_hidden_layers']);
        assert.equal(config.headCount % config.keyValueHeadCount, 0);
        assert.ok(Number.isFinite(config.rotaries[0].theta) && config.headDim % 2 === 0);
      } catch (error) {
        if (!(error instanceof AlidadeError)) throw error;
      }
    }
    assert.ok(0 < readings && readings < mutationCount, `${readings} readings`);
  });
});
