import assert from 'node:assert/strict';
import { parseAdapterConfig, scaleOfModule } from '../../../src/core/checkpoint/adapterConfig';
import { rejects } from '../../fixtures/rejects';

const plain = { peft_type: 'LORA', base_model_name_or_path: 'org/base', r: 8, lora_alpha: 16 };
const parse = (changes: Readonly<Record<string, unknown>>): ReturnType<typeof parseAdapterConfig> =>
  parseAdapterConfig({ ...plain, ...changes }, 'adapter_config.json');

describe('adapter_config.json', () => {
  it('gives rank, alpha and scale, also stabilised by the rank', () => {
    assert.deepEqual(scaleOfModule(parse({}), 'model.layers.0.self_attn.q_proj'), { rank: 8, scale: 2 });
    const stabilised = parse({ use_rslora: true, r: 16 });
    assert.deepEqual(scaleOfModule(stabilised, 'x'), { rank: 16, scale: 4 });
  });

  it('takes the first pattern that is the end of a name, at a dot', () => {
    const config = parse({
      rank_pattern: { q_proj: 4, 'layers\\.1\\.self_attn\\.(k|v)_proj': 2, _proj: 1 },
      alpha_pattern: { 'model.layers.0.self_attn.q_proj': 1 },
    });
    assert.deepEqual(scaleOfModule(config, 'model.layers.0.self_attn.q_proj'), { rank: 4, scale: 1 / 4 });
    assert.deepEqual(scaleOfModule(config, 'model.layers.2.self_attn.q_proj'), { rank: 4, scale: 4 });
    assert.deepEqual(scaleOfModule(config, 'model.layers.1.self_attn.v_proj'), { rank: 2, scale: 8 });
    assert.deepEqual(scaleOfModule(config, 'model.layers.1.self_attn.o_proj'), { rank: 8, scale: 2 });
  });

  const refused: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['another kind of adapter', { peft_type: 'IA3' }, /type IA3/],
    ['layers that are repeated', { layer_replication: [[0, 2]] }, /layer_replication/],
    ['single trained tokens', { trainable_token_indices: [3] }, /trainable_token_indices/],
    ['trained biases of the adapter itself', { lora_bias: true }, /lora_bias/],
    ['a variant that came later', { use_qalora: true }, /use_qalora/],
    ['a start that changes the base', { init_lora_weights: 'pissa_niter_4' }, /pissa_niter_4/],
    ['a pattern that could run for ever', { rank_pattern: { '(a+)+b': 2 } }, /regular expression/],
    ['a pattern that is none', { rank_pattern: { '(a': 2 } }, /regular expression/],
  ];
  for (const [name, changes, message] of refused) {
    it(`refuses ${name} by name`, async () => {
      await rejects(() => Promise.resolve().then(() => parse(changes)), 'unsupported', message);
    });
  }

  it('reads settings that say nothing as nothing', () => {
    const config = parse({
      layer_replication: null,
      trainable_token_indices: [],
      use_dora: false,
      init_lora_weights: true,
    });
    assert.equal(config.usesDora, false);
    assert.equal(config.revision, null);
  });

  const broken: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['no type', { peft_type: undefined }, /peft_type is missing/],
    ['no base', { base_model_name_or_path: null }, /which model this adapter changes/],
    ['no rank', { r: undefined }, /r is missing/],
    ['a rank that is none', { r: 0.5 }, /r is 0.5/],
    ['no alpha', { lora_alpha: 'x' }, /lora_alpha is not a number/],
    ['a pattern with no rank', { rank_pattern: { q_proj: -1 } }, /rank_pattern.q_proj is -1/],
  ];
  for (const [name, changes, message] of broken) {
    it(`names what is wrong: ${name}`, async () => {
      await rejects(() => Promise.resolve().then(() => parse(changes)), 'format', message);
    });
  }
});
