import { postNormGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** OLMo 3: as OLMo 2, but three of four layers have a window, and only the others have scaled rotary frequencies. */
export const olmo3: ModelFamily = {
  modelType: 'olmo3',
  classPrefixes: ['Olmo3'],
  // llama.cpp stores it as OLMo 2 with a window.
  gguf: { architecture: 'olmo2', marker: 'attention.sliding_window', names: postNormGgufNames },
  defaults: {
    normEpsilon: 1e-5,
    contextLength: 2048,
    activation: 'silu',
    keyValueHeads: null,
    headDim: null,
    slidingWindow: 4096,
    windowPattern: 4,
    bosTokenId: null,
    eosTokenId: 50_279,
    padTokenId: 1,
  },
  windowRule: 'pattern',
  rotary: { kind: 'byLayerType', theta: 500_000, localTheta: 500_000 },
  bodyPrefix: 'model.',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      queryKeyNorms: 'allHeads',
      norms: 'after',
    }),
};
