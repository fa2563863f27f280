import type { JudgedProbabilities } from './judgedPair';
import type { ScoredRow } from './rewardBreakdown';

/** A scored row as it is written out: a judge's verdict is its probabilities alone. */
export type OutputRow = ScoredRow | ({ readonly id: string } & JudgedProbabilities);

/** The line of output for a scored row. */
export function outputRowOf(scored: ScoredRow): OutputRow {
  return 'judged' in scored && scored.judged !== undefined ? { id: scored.id, ...scored.judged } : scored;
}
