import type { JobContext } from '../../core/jobContext';
import type { Message } from '../../core/promptFile/message';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ExplainedRow } from '../../core/reward/explainedRow';
import type { PromptProfile } from '../../core/reward/promptProfile';
import type { ScoreGrowth } from '../../core/reward/scoreGrowth';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { GrowOptions, ScoreOptions } from './rewardModel';

/** Whatever gives rows their scores: a body with a reward head, or a pairwise judge. */
export interface RowScorer {
  readonly description: RewardModelDescription;
  /**
   * One result a row, in their order; a bad row gives its error. The same row has the same score in any batch.
   * @throws AlidadeError for what concerns all rows: `usage` (weights), `device`, `cancelled`.
   */
  scoreBatch(rows: readonly ScorableRow[], options: ScoreOptions, context: JobContext): Promise<readonly ScoredRow[]>;
  /** One row with the exact text of its responses. @throws AlidadeError as the row's error, and as `scoreBatch`. */
  explainRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ExplainedRow>;
  /** What will be weighed in any answer to a prompt; a judge, which weighs nothing, does not have it. */
  profilePrompt?(
    messages: readonly Message[],
    options: Pick<ScoreOptions, 'maxTokens' | 'truncate'>,
    context: JobContext,
  ): Promise<PromptProfile>;
  /** The scores of responses as their text grows; a judge, which scores pairs alone, does not have it. */
  growRow?(row: ScorableRow, options: GrowOptions, context: JobContext): Promise<readonly (ScoreGrowth | null)[]>;
  /**
   * Drops what is kept from earlier rows to save work: the next scores then do not depend on them, not even in the last
   * bit. A run that is resumed gives the same bytes as one that was not interrupted because of it.
   */
  forget?(): void;
  release(): Promise<void>;
}
