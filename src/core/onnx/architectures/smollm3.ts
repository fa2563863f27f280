import { llamaGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** SmolLM3: Llama in which every fourth layer has no rotary embedding. */
export const smollm3: ModelFamily = {
  modelType: 'smollm3',
  classPrefixes: ['SmolLM3'],
  gguf: { architecture: 'smollm3', names: llamaGgufNames },
  defaults: {
    normEpsilon: 1e-6,
    contextLength: 32_768,
    activation: 'silu',
    keyValueHeads: 4,
    headDim: null,
    slidingWindow: null,
    bosTokenId: 128_000,
    eosTokenId: 128_001,
    padTokenId: 128_004,
    tiedEmbeddings: true,
  },
  windowRule: 'unrotated',
  rotary: { kind: 'marked', theta: 2_000_000 },
  bodyPrefix: 'model.',
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      mlpBias: config.mlpBias,
    }),
};
