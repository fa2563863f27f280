import { plainGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';
import { readGemmaTraits } from './readGemmaTraits';

/** Gemma, first generation: Llama with Gemma's embeddings, norms and MLP. */
export const gemma: ModelFamily = {
  modelType: 'gemma',
  classPrefixes: ['Gemma'],
  gguf: { architecture: 'gemma', names: plainGgufNames, traits: { normOffset: 0 } },
  keys: { hidden_act: 'hidden_activation' },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 8192,
    activation: 'gelu_tanh',
    keyValueHeads: 16,
    headDim: 256,
    slidingWindow: null,
    bosTokenId: 2,
    eosTokenId: 1,
    padTokenId: 0,
    tiedEmbeddings: true,
  },
  windowRule: 'none',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  readTraits: (config, shape) => ({
    ...readGemmaTraits(config, shape, { attentionSoftcap: null, logitSoftcap: null }),
    attentionScale: shape.headDim ** -0.5,
  }),
  describe: (config) =>
    describeLlamaLike(config, { queryKeyValueBias: config.attentionBias, outputBias: config.attentionBias }),
};
