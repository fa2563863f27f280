import { proportionInterval } from '../dataset/proportionInterval';
import type { RewardBreakdown, ScoredRow } from './rewardBreakdown';

/** How often the chosen response of a pair scores strictly higher. */
export interface LabelAgreement {
  readonly pairs: number;
  readonly agreeing: number;
  readonly ties: number;
  readonly accuracy: number;
  /** 95 %, Wilson's. */
  readonly interval: { readonly low: number; readonly high: number };
}

/** A pair with what its scores are made of. */
export interface ComparedPair {
  readonly chosen: RewardBreakdown;
  readonly rejected: RewardBreakdown;
}

export interface AgreementChange {
  /** As the pairs were scored. */
  readonly before: LabelAgreement;
  readonly after: LabelAgreement;
  /** Pairs that agree only now, and only before. */
  readonly won: number;
  readonly lost: number;
}

/** The pairs among scored rows. */
export function pairsOf(rows: readonly ScoredRow[]): readonly ComparedPair[] {
  return rows.flatMap((row) => ('error' in row || !('margin' in row) || row.judged !== undefined ? [] : [row]));
}

/**
 * What becomes of the agreement when every breakdown is made anew.
 * @returns null without pairs.
 */
export function compareAgreement(
  pairs: readonly ComparedPair[],
  revise: (breakdown: RewardBreakdown) => RewardBreakdown,
): AgreementChange | null {
  const outcomes = pairs.map(({ chosen, rejected }) => ({
    before: chosen.score - rejected.score,
    after: revise(chosen).score - revise(rejected).score,
  }));
  const before = agreementOf(outcomes.map((outcome) => outcome.before));
  const after = agreementOf(outcomes.map((outcome) => outcome.after));
  if (before === null || after === null) return null;
  return {
    before,
    after,
    won: outcomes.filter((outcome) => 0 < outcome.after && !(0 < outcome.before)).length,
    lost: outcomes.filter((outcome) => 0 < outcome.before && !(0 < outcome.after)).length,
  };
}

function agreementOf(margins: readonly number[]): LabelAgreement | null {
  const agreeing = margins.filter((margin) => 0 < margin).length;
  const interval = proportionInterval(agreeing, margins.length);
  if (interval === null) return null;
  const ties = margins.filter((margin) => margin === 0).length;
  return { pairs: margins.length, agreeing, ties, accuracy: agreeing / margins.length, interval };
}
