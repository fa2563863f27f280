import { postNormGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';
import { readGemmaTraits } from './readGemmaTraits';

/** Gemma 2: norms around attention and MLP, capped scores and logits, a window in every second layer. */
export const gemma2: ModelFamily = {
  modelType: 'gemma2',
  classPrefixes: ['Gemma2'],
  // llama.cpp's converter adds the 1 to the norm weights.
  gguf: { architecture: 'gemma2', names: postNormGgufNames, traits: { normOffset: 0 } },
  keys: { hidden_act: 'hidden_activation' },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 8192,
    activation: 'gelu_tanh',
    keyValueHeads: 4,
    headDim: 256,
    slidingWindow: 4096,
    bosTokenId: 2,
    eosTokenId: 1,
    padTokenId: 0,
    tiedEmbeddings: true,
  },
  windowRule: 'everySecond',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  readTraits: (config, shape) => readGemmaTraits(config, shape, { attentionSoftcap: 50, logitSoftcap: 30 }),
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      norms: 'around',
    }),
};
