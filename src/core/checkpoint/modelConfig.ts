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
    }
  | {
      readonly kind: 'yarn';
      readonly factor: number;
      readonly originalContextLength: number;
      /** Rotations over the original context above which a frequency stays, and below which it is divided. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** The bounds of the ramp are rounded to whole frequencies. */
      readonly truncate: boolean;
    }
  | {
      readonly kind: 'longrope';
      /** Divisors of the frequencies: [dimensions / 2]. The long ones hold for all of a sequence beyond the original context. */
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly originalContextLength: number;
    }
  /** The base grows with the sequence beyond the original context. */
  | { readonly kind: 'dynamic'; readonly factor: number; readonly originalContextLength: number };

export interface RotaryConfig {
  readonly theta: number;
  readonly scaling: RotaryScaling;
  /** Dimensions of a head that are rotated, the first ones (even, at most headDim). */
  readonly dimensions: number;
  /** Factor on cosine and sine. */
  readonly magnitude: number;
  /** The kind of layers that are rotated so. */
  readonly layers: 'all' | 'full_attention' | 'sliding_attention';
}

/** The functions of MLPs; `gelu_tanh` is the approximation with a hyperbolic tangent. */
export type Activation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu';

/** What sets families apart beside shapes: how weights are stored, and how values are scaled and joined. */
export interface ModelTraits {
  /** Factor on the products of queries and keys. */
  readonly attentionScale: number;
  /** That factor is divided by the number of the layer, counted from 1. */
  readonly isScaledByLayer: boolean;
  /** c · tanh(x / c) on attention scores before the mask, and on the logits of the language-model head; null: none. */
  readonly attentionSoftcap: number | null;
  readonly logitSoftcap: number | null;
  readonly embeddingMultiplier: number;
  /** Factor on what attention and MLP add to the residual stream. */
  readonly residualMultiplier: number;
  readonly logitMultiplier: number;
  /** Added to the weights of norms: 1 where they are stored as their distance from 1. */
  readonly normOffset: 0 | 1;
  /** Attention and MLP both read what enters the layer. */
  readonly hasParallelResidual: boolean;
  /** `linear`: matrices are stored as [outputs, inputs]; `conv1d`: as [inputs, outputs]. */
  readonly linearLayout: 'linear' | 'conv1d';
  /** How the rows of one matrix for query, key and value are ordered: [q | k | v], or [q | k | v] for each head. */
  readonly fusedOrder: 'sections' | 'perHead';
}

/** Keys of a reward gate, config.json of `*ForRewardModelWithGating`. */
export interface GatingConfig {
  readonly objectives: number;
  readonly temperature: number;
  readonly hiddenSize: number;
  /** Hidden layers; one more Linear gives the output. */
  readonly hiddenLayers: number;
  /** QRM's layout: so many outputs of the rating layer for each objective. */
  readonly quantiles?: number;
  /** `gating_text`: the text at which the gate reads, of checkpoints that say it. */
  readonly text?: string;
}

/** A model's shape and constants, whatever spelling its config.json or GGUF metadata uses. */
export interface ModelConfig {
  /** `architectures[0]`, such as `LlamaForCausalLM`. */
  readonly architecture: string;
  /** As transformers calls the family: `llama`, `gemma3_text`, … */
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
  readonly activation: Activation;
  /** Bias on query, key, value and output projections as config.json's `attention_bias` has it. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** null: no window; w: a token sees itself and the w − 1 before it. One entry a layer. */
  readonly windowPerLayer: readonly (number | null)[];
  /** The rotary tables; none where positions are learned, two where kinds of layers differ. */
  readonly rotaries: readonly RotaryConfig[];
  /** Which of them rotates queries and keys of a layer; null: none. One entry a layer. */
  readonly rotaryPerLayer: readonly (number | null)[];
  readonly traits: ModelTraits;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /** Labels of a sequence-classification head from `id2label`, null when the config has none. */
  readonly labels: readonly string[] | null;
  readonly gating: GatingConfig | null;
  /** The class of the model's own code that `auto_map` names for sequence classification. */
  readonly remoteClass?: string;
  /** `_name_or_path`: what the model was called where it was saved. */
  readonly savedName?: string;
  /** `tie_word_embeddings`; null when absent from a family that has no habit. The checkpoint's tensors decide. */
  readonly tiedEmbeddingsKey: boolean | null;
}
