import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Qwen3: a norm on every head of query and key. */
export const qwen3: ModelFamily = {
  modelType: 'qwen3',
  classPrefix: 'Qwen3',
  ggufArchitecture: 'qwen3',
  defaults: {
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 32768,
    activation: 'silu',
    keyValueHeads: 32,
    headDim: 128,
    slidingWindow: 4096,
    maxWindowLayers: 28,
    bosTokenId: null,
    eosTokenId: null,
    tiedEmbeddings: false,
  },
  windowRule: 'fromLayer',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      mlpBias: false,
      headNorms: true,
    }),
};
