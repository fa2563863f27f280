/** Scaling of the rotary frequencies. `default` leaves them alone. */
export type RotaryScaling =
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContextLength: number;
    };

export interface RotaryConfig {
  readonly theta: number;
  readonly scaling: RotaryScaling;
  /** Dimensions of a head that are rotated (even, at most headDim). */
  readonly dimensions: number;
}

/** Keys of ArmoRM's gate, config.json of `*ForRewardModelWithGating`. */
export interface GatingConfig {
  readonly objectives: number;
  readonly temperature: number;
  readonly hiddenSize: number;
  /** Hidden layers; one more Linear gives the output. */
  readonly hiddenLayers: number;
}

/** A model's shape and constants, whatever spelling its config.json or GGUF metadata uses. */
export interface ModelConfig {
  /** `architectures[0]`, such as `LlamaForCausalLM`. */
  readonly architecture: string;
  /** `llama`, `mistral`, `qwen2`, `qwen3`, … */
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  /** `silu`, `gelu`, … */
  readonly activation: string;
  /** Bias on query, key, value and output projections as config.json's `attention_bias` has it. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** null: no window; w: a token sees itself and the w − 1 before it. One entry a layer. */
  readonly windowPerLayer: readonly (number | null)[];
  readonly rotary: RotaryConfig;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /** Labels of a sequence-classification head from `id2label`, null when the config has none. */
  readonly labels: readonly string[] | null;
  readonly gating: GatingConfig | null;
  /** `tie_word_embeddings` as written, null when absent; the checkpoint's tensors decide. */
  readonly tiedEmbeddingsKey: boolean | null;
}
