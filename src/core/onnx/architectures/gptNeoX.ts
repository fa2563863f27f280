import { assembleDecoder, decoderParts } from './decoderParts';
import type { ModelFamily } from './modelFamily';

/** GPT-NeoX and Pythia: attention and MLP side by side, part of each head rotated, query, key and value fused by head. */
export const gptNeoX: ModelFamily = {
  modelType: 'gpt_neox',
  classPrefixes: ['GPTNeoX'],
  gguf: {
    architecture: 'gptneox',
    names: {
      whole: { token_embd: 'gpt_neox.embed_in', output_norm: 'gpt_neox.final_layer_norm', output: 'lm_head' },
      layers: 'gpt_neox.layers',
      layer: {
        attn_norm: 'input_layernorm',
        attn_qkv: 'attention.query_key_value',
        attn_output: 'attention.dense',
        ffn_norm: 'post_attention_layernorm',
        ffn_up: 'mlp.dense_h_to_4h',
        ffn_down: 'mlp.dense_4h_to_h',
      },
      isInterleaved: false,
    },
    traits: { fusedOrder: 'sections' },
  },
  keys: { rms_norm_eps: 'layer_norm_eps' },
  defaults: {
    normEpsilon: 1e-5,
    contextLength: 2048,
    activation: 'gelu',
    keyValueHeads: null,
    headDim: null,
    attentionBias: true,
    slidingWindow: null,
    bosTokenId: 0,
    eosTokenId: 2,
  },
  windowRule: 'none',
  rotary: { kind: 'all', theta: 10_000, part: 0.25 },
  bodyPrefix: 'gpt_neox.',
  renames: [[/^embed_out\./, 'lm_head.']],
  readTraits: (config) => ({
    fusedOrder: 'perHead',
    hasParallelResidual: config.flag('use_parallel_residual') ?? true,
  }),
  describe: (config) => {
    const { hiddenSize, intermediateSize, activation, attentionBias, traits } = config;
    const { linear, layerNorm, attention } = decoderParts(config);
    return assembleDecoder(config, {
      embedding: 'gpt_neox.embed_in.weight',
      layer: (index) => {
        const prefix = `gpt_neox.layers.${index}`;
        const fused = linear(`${prefix}.attention.query_key_value`, 3 * hiddenSize, hiddenSize, attentionBias);
        return {
          attentionNorm: layerNorm(`${prefix}.input_layernorm`, hiddenSize),
          attention: {
            projections: { kind: traits.fusedOrder, fused },
            output: linear(`${prefix}.attention.dense`, hiddenSize, hiddenSize, attentionBias),
            queryNorm: null,
            keyNorm: null,
            ...attention(index),
          },
          attentionOutputNorm: null,
          mlpNorm: layerNorm(`${prefix}.post_attention_layernorm`, hiddenSize),
          mlp: {
            kind: 'plain',
            up: linear(`${prefix}.mlp.dense_h_to_4h`, intermediateSize, hiddenSize, true),
            down: linear(`${prefix}.mlp.dense_4h_to_h`, hiddenSize, intermediateSize, true),
            activation,
          },
          mlpOutputNorm: null,
        };
      },
      finalNorm: layerNorm('gpt_neox.final_layer_norm', hiddenSize),
    });
  },
};
