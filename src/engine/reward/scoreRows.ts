import { AlidadeError, type ErrorCode } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { RewardModel, ScoreOptions } from './rewardModel';

export interface ScoreRowsParams {
  readonly model: Pick<RewardModel, 'scoreRow'>;
  readonly rows: AsyncIterable<DataRow>;
  readonly options: ScoreOptions;
}

/** What can be wrong with one row while the others can be scored. */
const rowCodes: ReadonlySet<ErrorCode> = new Set(['row', 'template', 'too_long', 'gate_not_found']);

/**
 * Scores rows one after the other and yields them in their order; a bad row yields its error.
 * @throws AlidadeError `usage` (weights), `device`, `cancelled`, and what reading the rows throws.
 */
export async function* scoreRows(
  { model, rows, options }: ScoreRowsParams,
  context: JobContext,
): AsyncGenerator<ScoredRow> {
  for await (const { id, row, error } of rows) {
    throwIfCancelled(context.signal);
    if (row === null) {
      yield { id, error: { code: 'row', message: error?.message ?? `row ${id} cannot be read` } };
      continue;
    }
    try {
      yield checkFinite(await model.scoreRow(row, options, context));
    } catch (failure) {
      if (!(failure instanceof AlidadeError) || !rowCodes.has(failure.code)) throw failure;
      yield { id, error: { code: failure.code, message: failure.message } };
    }
  }
}

/** JSON has no NaN: a score that is none must not turn into null. */
function checkFinite(scored: ScoredRow): ScoredRow {
  if ('error' in scored || listBreakdowns(scored).every(({ score }) => Number.isFinite(score))) return scored;
  throw new AlidadeError({ code: 'row', message: `row ${scored.id}: the model's score is not a finite number` });
}

/** The breakdowns of a scored row: one, chosen then rejected, or all responses; none for an error. */
export function listBreakdowns(scored: ScoredRow): readonly RewardBreakdown[] {
  if ('error' in scored) return [];
  if ('margin' in scored) return [scored.chosen, scored.rejected];
  return 'responses' in scored ? scored.responses : [scored];
}
