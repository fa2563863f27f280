import { assembleScoredRow } from './assembleScoredRow';
import type { ExplainedRow, ExplainedText } from './explainedRow';
import type { RewardBreakdown, ScoredRow } from './rewardBreakdown';

/** The scores of an explained row, without its texts. */
export function scoredRowOf(explained: ExplainedRow): ScoredRow {
  return assembleScoredRow(explained, explained.responses.map(breakdownOf));
}

function breakdownOf({ score, tokens, truncated, objectives }: ExplainedText): RewardBreakdown {
  return { score, tokens, truncated, objectives };
}
