import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Qwen2 and Qwen2.5: biases on query, key and value only. */
export const qwen2: ModelFamily = {
  modelType: 'qwen2',
  classPrefix: 'Qwen2',
  ggufArchitecture: 'qwen2',
  defaults: {
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 32768,
    activation: 'silu',
    keyValueHeads: 32,
    headDim: null,
    slidingWindow: 4096,
    maxWindowLayers: 28,
    bosTokenId: null,
    eosTokenId: null,
    tiedEmbeddings: false,
  },
  windowRule: 'fromLayer',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: true,
      outputBias: false,
      mlpBias: false,
      headNorms: false,
    }),
};
