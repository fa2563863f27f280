import type { RewardModelDescription } from './rewardModelDescription';

/** What a model with a gate will weigh in whatever answers a prompt. */
export interface PromptProfile {
  readonly model: RewardModelDescription;
  /** Tokens of the templated prompt with the opening of the assistant's turn. */
  readonly tokens: number;
  /** The text as templated, special tokens spelled out. */
  readonly text: string;
  /** In the model's order; null for a model without a gate, whose weights are the same for every prompt. */
  readonly objectives: readonly GatedObjective[] | null;
}

export interface GatedObjective {
  readonly name: string;
  /** Output of the gate. */
  readonly gate: number;
  /** c = g·Mᵀ: what a reward of 1 adds to the score. */
  readonly coefficient: number;
}
