import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Mistral 7B: no biases, optional sliding window. */
export const mistral: ModelFamily = {
  modelType: 'mistral',
  classPrefixes: ['Mistral'],
  gguf: null, // Mistral's GGUF files call themselves llama.
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 131_072,
    activation: 'silu',
    keyValueHeads: 8,
    headDim: null,
    slidingWindow: 4096,
    bosTokenId: 1,
    eosTokenId: 2,
  },
  windowRule: 'everyLayer',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  describe: (config) => describeLlamaLike(config, {}),
};
