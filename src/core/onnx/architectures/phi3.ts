import { plainGgufNames } from './ggufNames';
import { describeLlamaLike } from './llamaLike';
import type { ModelFamily } from './modelFamily';

/** Phi-3, Phi-3.5 and Phi-4: fused projections; the long ones with rotary factors that depend on the length. */
export const phi3: ModelFamily = {
  modelType: 'phi3',
  classPrefixes: ['Phi3'],
  gguf: {
    architecture: 'phi3',
    names: {
      ...plainGgufNames,
      layer: { ...plainGgufNames.layer, attn_qkv: 'self_attn.qkv_proj', ffn_up: 'mlp.gate_up_proj' },
    },
  },
  defaults: {
    normEpsilon: 1e-5,
    contextLength: 4096,
    activation: 'silu',
    keyValueHeads: null,
    headDim: null,
    slidingWindow: null,
    bosTokenId: 1,
    eosTokenId: 32_000,
    padTokenId: 32_000,
  },
  windowRule: 'everyLayer',
  rotary: {
    kind: 'all',
    theta: 10_000,
    part: 1,
    originalContextLength: 4096,
    scalingNames: { su: 'longrope', yarn: 'longrope' },
  },
  bodyPrefix: 'model.',
  describe: (config) => describeLlamaLike(config, { isFused: true }),
};
