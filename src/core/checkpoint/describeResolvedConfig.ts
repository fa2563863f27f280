import { rotaryInverseFrequencies } from '../onnx/rotaryFrequencies';
import type { ModelConfig, RotaryConfig } from './modelConfig';

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
  /** Inverse frequencies to seven significant digits, by what they hold for; absent: positions are learned. */
  readonly inv_freq?: Readonly<Record<string, readonly number[]>>;
  /** Factor on cosine and sine; absent where kinds of layers have tables of their own. */
  readonly rotary_scaling?: number;
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
    rope_per_layer: config.rotaryPerLayer.map((table) => table !== null),
    tied_embeddings: tied,
    ...describeRotaries(config.rotaries),
  };
}

function describeRotaries(rotaries: readonly RotaryConfig[]): Pick<ResolvedConfig, 'inv_freq' | 'rotary_scaling'> {
  if (rotaries.length === 0) return {};
  const digits = (value: number): number => Number(value.toPrecision(7));
  const table = (rotary: RotaryConfig, sequenceLength = 1): number[] =>
    Array.from(rotaryInverseFrequencies(rotary, sequenceLength), digits);
  const entries = rotaries.flatMap((rotary): (readonly [string, readonly number[]])[] => {
    const { scaling, layers } = rotary;
    if (scaling.kind !== 'longrope') return [[layers, table(rotary)]];
    const limit = scaling.originalContextLength;
    return [
      [`up to ${limit} tokens`, table(rotary, limit)],
      [`beyond ${limit} tokens`, table(rotary, limit + 1)],
    ];
  });
  const [{ layers, magnitude }] = rotaries;
  return { inv_freq: Object.fromEntries(entries), ...(layers === 'all' ? { rotary_scaling: digits(magnitude) } : {}) };
}
