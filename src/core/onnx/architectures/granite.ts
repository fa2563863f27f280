import { llamaGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Granite 3: Llama with factors on embeddings, attention scores, residual branches and logits. */
export const granite: ModelFamily = {
  modelType: 'granite',
  classPrefixes: ['Granite'],
  gguf: { architecture: 'granite', names: llamaGgufNames },
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
  readTraits: (config) => ({
    embeddingMultiplier: config.number('embedding_multiplier') ?? 1,
    residualMultiplier: config.number('residual_multiplier') ?? 1,
    attentionScale: config.number('attention_multiplier') ?? 1,
    logitMultiplier: 1 / (config.positive('logits_scaling') ?? 1),
  }),
  describe: (config) =>
    describeLlamaLike(config, {
      queryKeyValueBias: config.attentionBias,
      outputBias: config.attentionBias,
      mlpBias: config.mlpBias,
    }),
};
