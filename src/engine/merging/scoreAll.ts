import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import { meanReward, rewardOfRow } from '../../core/merging/rewardOfRow';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { applicableWeights } from '../../core/reward/applicableWeights';
import type { ScoreOptions } from '../reward/rewardModel';
import type { RowScorer } from '../reward/rowScorer';

/** Rows that are scored between two steps of progress. */
const ROWS_AT_ONCE = 64;

/**
 * One number for each of some rows, and their mean.
 * @throws AlidadeError `row` when none of them can be scored, and as `scoreBatch`.
 */
export async function scoreAll(
  model: Pick<RowScorer, 'description' | 'scoreBatch'>,
  rows: readonly ScorableRow[],
  options: ScoreOptions,
  context: JobContext,
): Promise<Pick<NonNullable<MergeMeasurement['reward']>, 'mean' | 'rows'>> {
  const weights = applicableWeights(options.weights ?? {}, model.description);
  const applicable = { ...options, weights };
  const scored: NonNullable<MergeMeasurement['reward']>['rows'][number][] = [];
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    context.progress({ message: 'Scoring', done: start, total: rows.length, unit: 'rows' });
    const window = await model.scoreBatch(rows.slice(start, start + ROWS_AT_ONCE), applicable, context);
    scored.push(...window.map(rewardOfRow));
  }
  const mean = meanReward(scored);
  if (mean === null) throw new AlidadeError({ code: 'row', message: scored[0].error ?? 'no row can be scored' });
  return { mean, rows: scored };
}
