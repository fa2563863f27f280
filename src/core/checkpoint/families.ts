/** Which layers of a family look through a sliding window. */
export type WindowRule =
  /** None, whatever config.json says. */
  | 'none'
  /** Every layer, when `sliding_window` is a number. */
  | 'everyLayer'
  /** Layers from `max_window_layers` on, when `use_sliding_window` is true. */
  | 'fromLayer';

/** What distinguishes one family of decoders from another, as data: defaults of its config.json and its tensors. */
export interface ModelFamily {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** What its class names begin with: `Llama` of `LlamaForCausalLM`. */
  readonly classPrefix: string;
  /** Value of `general.architecture` in GGUF files, null when GGUF files of it are not read. */
  readonly ggufArchitecture: string | null;
  /** What transformers assumes for absent keys. */
  readonly defaults: {
    readonly ropeTheta: number;
    readonly normEpsilon: number;
    readonly contextLength: number;
    readonly activation: string;
    /** null: as many as heads. */
    readonly keyValueHeads: number | null;
    /** null: hidden size divided by heads. */
    readonly headDim: number | null;
    /** Window when the key is absent (`null` written means none). */
    readonly slidingWindow: number | null;
    readonly maxWindowLayers: number;
    readonly bosTokenId: number | null;
    readonly eosTokenId: number | null;
    readonly tiedEmbeddings: boolean;
  };
  readonly windowRule: WindowRule;
  /** Bias on query, key and value projections. `config`: as `attention_bias` says, then on the output projection too. */
  readonly attentionBias: 'never' | 'queryKeyValue' | 'config';
  /** `config`: as `mlp_bias` says. */
  readonly mlpBias: 'never' | 'config';
  /** RMS norm on queries and keys, one weight of [headDim] for all heads, before the rotation. */
  readonly queryKeyNorm: 'none' | 'perHead';
}

/** The families that can be compiled. To add one: a row here and a file in core/onnx/architectures. */
export const modelFamilies: readonly ModelFamily[] = [
  {
    modelType: 'llama',
    classPrefix: 'Llama',
    ggufArchitecture: 'llama',
    defaults: {
      ropeTheta: 10000,
      normEpsilon: 1e-6,
      contextLength: 2048,
      activation: 'silu',
      keyValueHeads: null,
      headDim: null,
      slidingWindow: null,
      maxWindowLayers: 0,
      bosTokenId: 1,
      eosTokenId: 2,
      tiedEmbeddings: false,
    },
    windowRule: 'none',
    attentionBias: 'config',
    mlpBias: 'config',
    queryKeyNorm: 'none',
  },
  {
    modelType: 'mistral',
    classPrefix: 'Mistral',
    ggufArchitecture: null, // Mistral's GGUF files call themselves llama.
    defaults: {
      ropeTheta: 10000,
      normEpsilon: 1e-6,
      contextLength: 131072,
      activation: 'silu',
      keyValueHeads: 8,
      headDim: null,
      slidingWindow: 4096,
      maxWindowLayers: 0,
      bosTokenId: 1,
      eosTokenId: 2,
      tiedEmbeddings: false,
    },
    windowRule: 'everyLayer',
    attentionBias: 'never',
    mlpBias: 'never',
    queryKeyNorm: 'none',
  },
  {
    modelType: 'qwen2',
    classPrefix: 'Qwen2',
    ggufArchitecture: 'qwen2',
    defaults: {
      ropeTheta: 10000,
      normEpsilon: 1e-6,
      contextLength: 32768,
      activation: 'silu',
      keyValueHeads: 32,
      headDim: null,
      slidingWindow: 4096,
      maxWindowLayers: 28,
      bosTokenId: null,
      eosTokenId: null,
      tiedEmbeddings: false,
    },
    windowRule: 'fromLayer',
    attentionBias: 'queryKeyValue',
    mlpBias: 'never',
    queryKeyNorm: 'none',
  },
  {
    modelType: 'qwen3',
    classPrefix: 'Qwen3',
    ggufArchitecture: 'qwen3',
    defaults: {
      ropeTheta: 10000,
      normEpsilon: 1e-6,
      contextLength: 32768,
      activation: 'silu',
      keyValueHeads: 32,
      headDim: 128,
      slidingWindow: 4096,
      maxWindowLayers: 28,
      bosTokenId: null,
      eosTokenId: null,
      tiedEmbeddings: false,
    },
    windowRule: 'fromLayer',
    attentionBias: 'config',
    mlpBias: 'never',
    queryKeyNorm: 'perHead',
  },
];

/** The row of a `model_type`, undefined when the family is not supported. */
export function findFamily(modelType: string): ModelFamily | undefined {
  return modelFamilies.find((family) => family.modelType === modelType);
}

/** "llama, mistral, qwen2, qwen3": for messages about what is supported. */
export function supportedModelTypes(): string {
  return modelFamilies.map((family) => family.modelType).join(', ');
}
