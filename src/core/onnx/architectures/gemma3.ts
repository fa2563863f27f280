import { postNormGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';
import { readGemmaTraits } from './readGemmaTraits';

/** Gemma 3 as far as it reads text: five layers with a window and a rotary base of their own to one without. */
export const gemma3: ModelFamily = {
  modelType: 'gemma3_text',
  wholeModelType: 'gemma3',
  classPrefixes: ['Gemma3', 'Gemma3Text'],
  gguf: { architecture: 'gemma3', names: postNormGgufNames, traits: { normOffset: 0 } },
  keys: { hidden_act: 'hidden_activation' },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 131_072,
    activation: 'gelu_tanh',
    keyValueHeads: 4,
    headDim: 256,
    slidingWindow: 4096,
    windowPattern: 6,
    bosTokenId: 2,
    eosTokenId: 1,
    padTokenId: 0,
    tiedEmbeddings: true,
  },
  sizes: {
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    vocab_size: 262_208,
  },
  windowRule: 'pattern',
  rotary: { kind: 'byLayerType', theta: 1_000_000, localTheta: 10_000 },
  bodyPrefix: 'model.',
  renames: [
    [/^language_model\.(?=model\.|lm_head\.)/, ''],
    [/^model\.language_model\./, 'model.'],
  ],
  readTraits: (config, shape) => readGemmaTraits(config, shape, { attentionSoftcap: null, logitSoftcap: null }),
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      queryKeyNorms: 'perHead',
      norms: 'around',
    }),
};
