import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Mistral 7B: no biases, optional sliding window. */
export const mistral: ModelFamily = {
  modelType: 'mistral',
  classPrefix: 'Mistral',
  ggufArchitecture: null, // Mistral's GGUF files call themselves llama.
  defaults: {
    ropeTheta: 10000,
    normEpsilon: 1e-6,
    contextLength: 131072,
    activation: 'silu',
    keyValueHeads: 8,
    headDim: null,
    slidingWindow: 4096,
    maxWindowLayers: 0,
    bosTokenId: 1,
    eosTokenId: 2,
    tiedEmbeddings: false,
  },
  windowRule: 'everyLayer',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: false,
      outputBias: false,
      mlpBias: false,
      headNorms: false,
    }),
};
