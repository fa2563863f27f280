import { plainGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Qwen3: a norm on every head of query and key. */
export const qwen3: ModelFamily = {
  modelType: 'qwen3',
  classPrefixes: ['Qwen3'],
  gguf: { architecture: 'qwen3', names: plainGgufNames },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 32_768,
    activation: 'silu',
    keyValueHeads: 32,
    headDim: 128,
    slidingWindow: 4096,
    maxWindowLayers: 28,
    bosTokenId: null,
    eosTokenId: null,
  },
  windowRule: 'fromLayer',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      queryKeyNorms: 'perHead',
    }),
};
