import type { ScorableRow } from '../promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from './rewardBreakdown';

/** A scored row from the breakdowns of its responses: one for `single`, chosen and rejected for `pair`, all for `list`. */
export function assembleScoredRow(
  { id, kind }: Pick<ScorableRow, 'id' | 'kind'>,
  breakdowns: readonly RewardBreakdown[],
): ScoredRow {
  switch (kind) {
    case 'single':
      return { id, ...breakdowns[0] };
    case 'pair': {
      const [chosen, rejected] = breakdowns as readonly [RewardBreakdown, RewardBreakdown];
      return { id, chosen, rejected, margin: chosen.score - rejected.score };
    }
    case 'list':
      return { id, responses: breakdowns, best: indexOfBest(breakdowns) };
  }
}

/** The first of the highest. */
function indexOfBest(breakdowns: readonly RewardBreakdown[]): number {
  return breakdowns.reduce(
    (best, { score }, index) => ((breakdowns[best]?.score ?? -Infinity) < score ? index : best),
    0,
  );
}
