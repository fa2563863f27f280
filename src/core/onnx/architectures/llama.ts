import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Llama 1–3 and what shares its layout (SmolLM2, Yi, …). */
export const llama: ModelFamily = {
  modelType: 'llama',
  classPrefix: 'Llama',
  ggufArchitecture: 'llama',
  defaults: {
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 2048,
    activation: 'silu',
    keyValueHeads: null,
    headDim: null,
    slidingWindow: null,
    maxWindowLayers: 0,
    bosTokenId: 1,
    eosTokenId: 2,
    tiedEmbeddings: false,
  },
  windowRule: 'none',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      mlpBias: config.mlpBias,
      headNorms: false,
    }),
};
