import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';

/** Which layers of a family look through a sliding window. */
export type WindowRule =
  /** None, whatever config.json says. */
  | 'none'
  /** Every layer, when `sliding_window` is a number. */
  | 'everyLayer'
  /** Layers from `max_window_layers` on, when `use_sliding_window` is true. */
  | 'fromLayer';

/** What distinguishes one family of decoders from another: the defaults of its config.json, and its layers. */
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
  /** The layers of a model of this family. */
  readonly describe: (config: ModelConfig) => DecoderDescription;
}
