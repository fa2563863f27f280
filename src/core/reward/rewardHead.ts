import type { GateDescription } from './gateAdjustment';

/** Where a head reads the body's hidden states. */
export interface HeadPooling {
  /** `last`: one position. `mean`: the mean over the response tokens. */
  readonly kind: 'last' | 'mean';
  /** The residual stream after this many layers, or after the final norm. */
  readonly layer: number | 'final';
  /**
   * Which position `last` is: `before-padding` is the one before the first pad token, else the last (ArmoRM's own code);
   * `last-unpadded` the last token that is not the pad token (transformers' *ForSequenceClassification); `last` the last
   * token, whatever it is.
   */
  readonly position: 'before-padding' | 'last-unpadded' | 'last';
}

export interface HeadInput {
  /** The pooled hidden state, [hidden]. */
  readonly pooled: ArrayLike<number>;
  /** The hidden state at the gate position, [hidden]; null for heads without a gate. */
  readonly gate: ArrayLike<number> | null;
  /** What `weigh` has made of `gate`, where it is known already. */
  readonly weighed?: GateOutput | undefined;
  readonly responseTokens: number;
}

export interface HeadOutput {
  readonly rewards: readonly number[]; // [objectives]
  readonly coefficients: readonly number[]; // [objectives]
  readonly gates: readonly number[] | null; // [objectives]
}

/** rating = min + (reward / full)·(max − min) */
export interface ObjectiveScale {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  /** The reward at `max`; default 1. */
  readonly full?: number;
  /** The lowest and the highest rating that was ever given, where the line goes beyond them; default `min` and `max`. */
  readonly ends?: readonly [lowest: number, highest: number];
}

export interface HeadObjectiveInfo {
  readonly name: string;
  readonly description?: string;
  readonly scale?: ObjectiveScale;
}

/** A reward head: from hidden states to one value and one coefficient for each objective. */
export interface RewardHead {
  readonly kind: 'gated' | 'classification' | 'meters';
  /** In words, for people. */
  readonly title: string;
  readonly objectives: readonly HeadObjectiveInfo[];
  readonly pooling: HeadPooling;
  /** The text whose token run marks the start of the reply; the gate reads the first token of its last occurrence. */
  readonly gateText: string | null;
  apply(input: HeadInput): HeadOutput;
  /** Of heads with a gate. */
  readonly gating?: GateDescription;
  /** What a gate makes of its hidden state [hidden], whatever the response; only heads with a gate have it. */
  weigh?(gate: ArrayLike<number>): GateOutput;
}

export interface GateOutput {
  readonly gates: readonly number[]; // [objectives]
  readonly coefficients: readonly number[]; // [objectives]
}
