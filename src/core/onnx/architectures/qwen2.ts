import { plainGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Qwen2 and Qwen2.5: biases on query, key and value only. */
export const qwen2: ModelFamily = {
  modelType: 'qwen2',
  classPrefixes: ['Qwen2'],
  gguf: { architecture: 'qwen2', names: plainGgufNames },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 32_768,
    activation: 'silu',
    keyValueHeads: 32,
    headDim: null,
    slidingWindow: 4096,
    maxWindowLayers: 28,
    bosTokenId: null,
    eosTokenId: null,
  },
  windowRule: 'fromLayer',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  describe: (config) => describeLlamaLike(config, { queryKeyValueBias: true }),
};
