import type { DenseLayer } from './gatedHead';

/** How an objective's value is computed from the pooled hidden state x [hidden]. */
export type HeadObjectiveKind =
  /** w·x + b */
  | 'linear'
  /** 1 / (1 + exp(−(w·x + b))) */
  | 'logistic'
  /** From the text alone; which one is given by `compute`. */
  | 'computed';

export interface HeadObjective {
  readonly name: string;
  readonly kind: HeadObjectiveKind;
  /** `computed` only. `log_tokens`: log2(1 + response tokens) / 13, so that 8191 tokens give 1. */
  readonly compute?: 'log_tokens';
  /** The objective's own scale: rating = min + reward·(max − min). */
  readonly scale?: { readonly min: number; readonly max: number; readonly unit?: string };
  /** One sentence for the hover: what it measures and how well (its held-out figure). */
  readonly description?: string;
  /** Where the rows that it was trained on say what it should be: evaluations look there too. */
  readonly label?: HeadLabel;
}

export interface HeadLabel {
  /** A key of a row, or a dotted path. */
  readonly field: string;
  /** What it may say, as numbers; absent: it is the number. */
  readonly values?: Readonly<Record<string, number>>;
}

/** JSON under the metadata key `alidade` of a head file (one safetensors file). */
export interface HeadFileMetadata {
  readonly version: 1;
  readonly name: string;
  readonly objectives: readonly HeadObjective[];
  readonly pooling: {
    /** `last`: the last token. `mean`: mean over the response tokens. */
    readonly kind: 'last' | 'mean';
    /** The residual stream after this many layers, or after the final norm. */
    readonly layer: number | 'final';
  };
  readonly body: {
    readonly name: string;
    readonly hiddenSize: number;
    readonly hash?: string;
    /** How the body was called when the head was trained: a hub id, or `starter`; never a path of a machine. */
    readonly reference?: string;
    /** Tokens that texts were cut to when the head was trained. */
    readonly maxTokens?: number;
  };
  /** Weights of the objectives in the score, in their order; default: all the same, adding up to 1. Not with a gate. */
  readonly coefficients?: readonly number[]; // [objectives]
  /** ArmoRM's gate: the weights depend on the prompt. Its tensors are those of `HeadGateWeights`. */
  readonly gate?: HeadGate;
  /** What it was trained on, with licences and n. */
  readonly data?: unknown;
  /** Held-out figures. */
  readonly figures?: unknown;
}

/** How the gate of a head file reads its prompt. */
export interface HeadGate {
  /** The text whose token run marks the start of the reply; the gate reads the first token of its last occurrence. */
  readonly text: string;
  readonly temperature: number;
}

/**
 * Tensors `reward_transform_matrix` [objectives, objectives] (used as r·M), `gating.layers.N.weight` and `.bias` (ReLU
 * between them) and `gating.logit_scale` [1]: the names of ArmoRM's checkpoint. The gate reads the layer of `pooling`.
 */
export interface HeadGateWeights {
  readonly transform: Float32Array; // [objectives, objectives]
  readonly layers: readonly DenseLayer[];
  readonly logitScale: number;
}

/**
 * A head that sits on any body of its hidden size.
 * Tensors of the file: `weight` F32 [trained objectives, hidden] and `bias` F32 [trained objectives], rows in the order of
 * the objectives that are not `computed`. Standardisation of the features is folded into both.
 */
export interface HeadFile {
  readonly path: string;
  readonly metadata: HeadFileMetadata;
  readonly weight: Float32Array; // [trained, hidden]
  readonly bias: Float32Array; // [trained]
  /** null: `coefficients` weigh the objectives. */
  readonly gate: HeadGateWeights | null;
}
