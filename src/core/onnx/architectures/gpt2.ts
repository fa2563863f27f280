import { unsupportedSetting } from '../../checkpoint/unsupportedSetting';
import { assembleDecoder, decoderParts } from './decoderParts';
import type { ModelFamily } from './modelFamily';

/** GPT-2: learned positions, layer norms with biases, matrices stored as [inputs, outputs]. */
export const gpt2: ModelFamily = {
  modelType: 'gpt2',
  classPrefixes: ['GPT2'],
  gguf: {
    architecture: 'gpt2',
    names: {
      whole: {
        token_embd: 'transformer.wte',
        position_embd: 'transformer.wpe',
        output_norm: 'transformer.ln_f',
        output: 'lm_head',
      },
      layers: 'transformer.h',
      layer: {
        attn_norm: 'ln_1',
        attn_qkv: 'attn.c_attn',
        attn_output: 'attn.c_proj',
        ffn_norm: 'ln_2',
        ffn_up: 'mlp.c_fc',
        ffn_down: 'mlp.c_proj',
      },
      isInterleaved: false,
    },
    traits: { linearLayout: 'linear' },
  },
  keys: {
    hidden_size: 'n_embd',
    num_hidden_layers: 'n_layer',
    num_attention_heads: 'n_head',
    max_position_embeddings: 'n_positions',
    intermediate_size: 'n_inner',
    rms_norm_eps: 'layer_norm_epsilon',
    hidden_act: 'activation_function',
  },
  defaults: {
    normEpsilon: 1e-5,
    contextLength: 1024,
    activation: 'gelu_tanh',
    keyValueHeads: null,
    headDim: null,
    intermediateFactor: 4,
    slidingWindow: null,
    bosTokenId: 50_256,
    eosTokenId: 50_256,
    tiedEmbeddings: true,
  },
  windowRule: 'none',
  rotary: { kind: 'none' },
  bodyPrefix: 'transformer.',
  readTraits: (config, { headDim }) => {
    if (config.flag('add_cross_attention') === true) {
      throw unsupportedSetting(config, 'attention to an encoder (add_cross_attention)');
    }
    return {
      linearLayout: 'conv1d',
      attentionScale: (config.flag('scale_attn_weights') ?? true) ? headDim ** -0.5 : 1,
      isScaledByLayer: config.flag('scale_attn_by_inverse_layer_idx') ?? false,
    };
  },
  describe: (config) => {
    const { hiddenSize, intermediateSize, activation } = config;
    const { linear, layerNorm, attention } = decoderParts(config);
    return assembleDecoder(config, {
      embedding: 'transformer.wte.weight',
      positionEmbedding: 'transformer.wpe.weight',
      layer: (index) => {
        const prefix = `transformer.h.${index}`;
        return {
          attentionNorm: layerNorm(`${prefix}.ln_1`, hiddenSize),
          attention: {
            projections: { kind: 'sections', fused: linear(`${prefix}.attn.c_attn`, 3 * hiddenSize, hiddenSize, true) },
            output: linear(`${prefix}.attn.c_proj`, hiddenSize, hiddenSize, true),
            queryNorm: null,
            keyNorm: null,
            ...attention(index),
          },
          attentionOutputNorm: null,
          mlpNorm: layerNorm(`${prefix}.ln_2`, hiddenSize),
          mlp: {
            kind: 'plain',
            up: linear(`${prefix}.mlp.c_fc`, intermediateSize, hiddenSize, true),
            down: linear(`${prefix}.mlp.c_proj`, hiddenSize, intermediateSize, true),
            activation,
          },
          mlpOutputNorm: null,
        };
      },
      finalNorm: layerNorm('transformer.ln_f', hiddenSize),
    });
  },
};
