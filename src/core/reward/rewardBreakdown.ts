import type { ErrorCode } from '../alidadeError';
import type { JudgedProbabilities } from './judgedPair';

/** One objective's part in a score. Raw numbers, never rounded. */
export interface ObjectiveContribution {
  readonly name: string;
  /** The objective's value before weighting. */
  readonly reward: number;
  /** On the objective's own scale (HelpSteer 0–4, …), only where it has one. */
  readonly rating?: number;
  /** Output of the gate, only for gated models. */
  readonly gate?: number;
  /** The weight in force: c = g·Mᵀ for gated models. */
  readonly coefficient: number;
  /** coefficient × reward. */
  readonly contribution: number;
}

/** Why one text has its score: the object that hover, lens, page and JSONL all draw from. */
export interface RewardBreakdown {
  /** The sum of the contributions in their order, in double precision. */
  readonly score: number;
  /** Tokens given to the model. */
  readonly tokens: number;
  /** Tokens were dropped from the left to fit. */
  readonly truncated: boolean;
  readonly objectives: readonly ObjectiveContribution[];
  /** Hidden state of the rating position after the final norm, [hidden]; only when asked for. */
  readonly lastHidden?: readonly number[];
  /** Hidden state of the gate position after the final norm, [hidden]; only when asked for and gated. */
  readonly gateHidden?: readonly number[];
}

export interface RowError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A row with its scores. `outputRowOf` makes the output line of `alidade score` of it. */
export type ScoredRow =
  | ({ readonly id: string } & RewardBreakdown)
  | {
      readonly id: string;
      readonly chosen: RewardBreakdown;
      readonly rejected: RewardBreakdown;
      /** chosen.score − rejected.score */
      readonly margin: number;
      /** What a pairwise judge found; the breakdowns are made of it. */
      readonly judged?: JudgedProbabilities;
    }
  | { readonly id: string; readonly responses: readonly RewardBreakdown[]; readonly best: number }
  | { readonly id: string; readonly error: RowError };
