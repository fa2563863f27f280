import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { openJudgeModel } from './judgeModel';
import { openRewardModel, type RewardModelParams } from './openRewardModel';
import type { RowScorer } from './rowScorer';

export interface RowScorerParams extends RewardModelParams {
  /** The model is a causal one that judges pairs, instead of one with a reward head. */
  readonly judge?: boolean | undefined;
}

/**
 * Opens what gives rows their scores.
 * @throws AlidadeError as `openRewardModel` or `openJudgeModel`; `usage` for a judge with a head.
 */
export async function openRowScorer(
  { judge = false, ...params }: RowScorerParams,
  context: JobContext,
): Promise<RowScorer> {
  if (!judge) return openRewardModel(params, context);
  if (params.headPath === undefined) return openJudgeModel(params, context);
  throw new AlidadeError({
    code: 'usage',
    message: 'a judge answers with its language-model head',
    hint: 'leave the head file or the judge out',
  });
}
