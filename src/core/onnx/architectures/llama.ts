import { llamaGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Llama 1–3 and what shares its layout (SmolLM2, Yi, …). */
export const llama: ModelFamily = {
  modelType: 'llama',
  classPrefixes: ['Llama'],
  gguf: { architecture: 'llama', names: llamaGgufNames },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 2048,
    activation: 'silu',
    keyValueHeads: null,
    headDim: null,
    slidingWindow: null,
    bosTokenId: 1,
    eosTokenId: 2,
  },
  windowRule: 'none',
  rotary: { kind: 'all', theta: 10_000 },
  bodyPrefix: 'model.',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      mlpBias: config.mlpBias,
    }),
};
