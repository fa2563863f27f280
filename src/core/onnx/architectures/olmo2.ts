import { postNormGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** OLMo 2: norms after attention and MLP only, and on all heads of query and key together. */
export const olmo2: ModelFamily = {
  modelType: 'olmo2',
  classPrefixes: ['Olmo2'],
  gguf: { architecture: 'olmo2', names: postNormGgufNames },
  defaults: {
    normEpsilon: 1e-5,
    contextLength: 2048,
    activation: 'silu',
    keyValueHeads: null,
    headDim: null,
    slidingWindow: null,
    bosTokenId: null,
    eosTokenId: 50_279,
    padTokenId: 1,
  },
  windowRule: 'none',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      queryKeyNorms: 'allHeads',
      norms: 'after',
    }),
};
