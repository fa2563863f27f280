import type { ConfigReader } from '../../checkpoint/configReader';
import type { Activation, ModelConfig, ModelTraits } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import type { GgufNames } from './ggufNames';

/** Which layers of a family look through a sliding window, where `layer_types` does not say. */
export type WindowRule =
  /** None, whatever config.json says. */
  | 'none'
  /** Every layer, when `sliding_window` is a number. */
  | 'everyLayer'
  /** Layers from `max_window_layers` on, when `use_sliding_window` is true. */
  | 'fromLayer'
  /** The first, the third, … */
  | 'everySecond'
  /** All but every `sliding_window_pattern`-th. */
  | 'pattern'
  /** Layers without rotary embedding, when `use_sliding_window` is true. */
  | 'unrotated';

/** How a family rotates queries and keys. */
export type RotaryRule =
  /** Not at all: positions are learned. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'all';
      readonly theta: number;
      /** Part of each head that is rotated where config.json does not say; absent: always the whole head. */
      readonly part?: number;
      /** The original context of scalings that have one, where config.json does not say; absent: the context. */
      readonly originalContextLength?: number;
      /** Other spellings of kinds of scaling. */
      readonly scalingNames?: Readonly<Record<string, 'longrope'>>;
    }
  /** As `all`, but layers that `no_rope_layers` marks with 0, or every `no_rope_layer_interval`-th, are not rotated. */
  | { readonly kind: 'marked'; readonly theta: number }
  /** One table for layers with full attention, which may be scaled, one for layers with a window. */
  | { readonly kind: 'byLayerType'; readonly theta: number; readonly localTheta: number };

/** What distinguishes one family of decoders from another: the spelling and defaults of its config.json, and its layers. */
export interface ModelFamily {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `model_type` of models that see images too and have a decoder of this family in `text_config`. */
  readonly wholeModelType?: string;
  /** What its class names begin with: `Llama` of `LlamaForCausalLM`. The first one has the causal model. */
  readonly classPrefixes: readonly [string, ...string[]];
  /** Null when GGUF files of it are not read. */
  readonly gguf: {
    /** Value of `general.architecture`. */
    readonly architecture: string;
    /** Key of the metadata that tells it from another family of the same architecture. */
    readonly marker?: string;
    readonly names: GgufNames;
    /** What llama.cpp's converter changes. */
    readonly traits?: Partial<ModelTraits>;
  } | null;
  /** Keys of config.json that the family spells in its own way, by their usual names. */
  readonly keys?: Readonly<Record<string, string>>;
  /** What transformers assumes for absent keys. */
  readonly defaults: {
    readonly normEpsilon: number;
    readonly contextLength: number;
    readonly activation: Activation;
    /** null: as many as heads. */
    readonly keyValueHeads: number | null;
    /** null: hidden size divided by heads. */
    readonly headDim: number | null;
    /** Intermediate size in hidden sizes; absent: it has to be written. */
    readonly intermediateFactor?: number;
    readonly attentionBias?: boolean;
    /** Window when the key is absent (`null` written means none). */
    readonly slidingWindow: number | null;
    readonly maxWindowLayers?: number;
    /** Of the rule `pattern`. */
    readonly windowPattern?: number;
    readonly bosTokenId: number | null;
    readonly eosTokenId: number | null;
    readonly padTokenId?: number;
    readonly tiedEmbeddings?: true;
  };
  /** Sizes that a config.json nested in another leaves out: there only differences from the defaults are written. */
  readonly sizes?: Readonly<Record<string, number>>;
  readonly windowRule: WindowRule;
  readonly rotary: RotaryRule;
  /** Reads the keys that only this family has. */
  readonly readTraits?: (config: ConfigReader, shape: ModelShape) => Partial<ModelTraits>;
  /** Spellings of tensor names in files, in order: what matches is replaced. */
  readonly renames?: readonly (readonly [RegExp, string])[];
  /** What the names of the body's tensors begin with; a body saved alone has them without it. */
  readonly bodyPrefix: string;
  /** The layers of a model of this family. */
  readonly describe: (config: ModelConfig) => DecoderDescription;
}

export type ModelShape = Pick<ModelConfig, 'hiddenSize' | 'headDim' | 'layerCount'>;
