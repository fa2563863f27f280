import { rotaryInverseFrequencies } from '../onnx/rotaryFrequencies';
import type { ModelConfig } from './modelConfig';

/** What was read from a configuration, in the words of `inspect --json`. */
export interface ResolvedConfig {
  readonly model_type: string;
  readonly n_layers: number;
  readonly n_heads: number;
  readonly n_kv_heads: number;
  readonly head_dim: number;
  readonly hidden_size: number;
  readonly vocab_size: number;
  /** null: none. */
  readonly window_per_layer: readonly (number | null)[];
  readonly rope_per_layer: readonly boolean[];
  readonly tied_embeddings: boolean;
  /** Seven significant digits. */
  readonly inv_freq: { readonly all: readonly number[] };
  /** Factor on cosine and sine. */
  readonly rotary_scaling: number;
}

/** @param tied the checkpoint uses its token embedding as language-model head. */
export function describeResolvedConfig(config: ModelConfig, tied: boolean): ResolvedConfig {
  return {
    model_type: config.modelType,
    n_layers: config.layerCount,
    n_heads: config.headCount,
    n_kv_heads: config.keyValueHeadCount,
    head_dim: config.headDim,
    hidden_size: config.hiddenSize,
    vocab_size: config.vocabSize,
    window_per_layer: config.windowPerLayer,
    rope_per_layer: config.windowPerLayer.map(() => true),
    tied_embeddings: tied,
    inv_freq: { all: Array.from(rotaryInverseFrequencies(config.rotary), (value) => Number(value.toPrecision(7))) },
    rotary_scaling: 1,
  };
}
