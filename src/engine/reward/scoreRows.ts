import { setTimeout as delay } from 'node:timers/promises';
import type { JobContext } from '../../core/jobContext';
import { countCharacters } from '../../core/promptFile/countCharacters';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { ScoreOptions } from './rewardModel';
import type { RowScorer } from './rowScorer';

export interface ScoreRowsParams {
  readonly model: Pick<RowScorer, 'scoreBatch'>;
  readonly rows: AsyncIterable<DataRow>;
  readonly options: ScoreOptions;
}

/** Rows that are scored together: enough of them to fill runs with short texts, and few enough to come out soon. */
const MOST_ROWS = 64;
const MOST_CHARACTERS = 8_000;
/** A row that takes longer to arrive is not waited for, milliseconds. */
const PATIENCE = 50;

/**
 * Scores rows a window at a time and yields them in their order; a bad row yields its error.
 * @throws AlidadeError `usage` (weights), `device`, `cancelled`, and what reading the rows throws.
 */
export async function* scoreRows(
  { model, rows, options }: ScoreRowsParams,
  context: JobContext,
): AsyncGenerator<ScoredRow> {
  for await (const window of cutWindows(rows)) {
    throwIfCancelled(context.signal);
    const scorable = window.flatMap(({ row }) => row ?? []);
    const scored = (await model.scoreBatch(scorable, options, context)).values();
    for (const { id, row, error } of window) {
      if (row === null) yield { id, error: { code: 'row', message: error?.message ?? `row ${id} cannot be read` } };
      else yield checkFinite(scored.next().value as ScoredRow);
    }
  }
}

/** Rows in their order, in windows that depend on the rows alone as long as they come without delay. */
async function* cutWindows(rows: AsyncIterable<DataRow>): AsyncGenerator<DataRow[]> {
  const iterator = rows[Symbol.asyncIterator]();
  let window: DataRow[] = [];
  let characters = 0;
  try {
    for (let next = iterator.next(); ; next = iterator.next()) {
      const isLate = 0 < window.length && (await Promise.race([next.then(isNotLate, isNotLate), lateness()]));
      if (isLate) {
        yield window;
        [window, characters] = [[], 0];
      }
      const result = await next;
      if (result.done === true) break;
      const { value } = result;
      window.push(value);
      characters += value.row === null ? 0 : countCharacters(value.row);
      if (window.length < MOST_ROWS && characters < MOST_CHARACTERS) continue;
      yield window;
      [window, characters] = [[], 0];
    }
    if (0 < window.length) yield window;
  } catch (failure) {
    // What comes before the place where a file breaks off is scored all the same.
    if (0 < window.length) yield window;
    throw failure;
  } finally {
    await iterator.return?.();
  }
}

const isNotLate = (): false => false;

async function lateness(): Promise<true> {
  await delay(PATIENCE, undefined, { ref: false });
  return true;
}

/** JSON has no NaN: a score that is none must not turn into null. */
function checkFinite(scored: ScoredRow): ScoredRow {
  if ('error' in scored || listBreakdowns(scored).every(({ score }) => Number.isFinite(score))) return scored;
  const { id } = scored;
  return { id, error: { code: 'row', message: `row ${id}: the model's score is not a finite number` } };
}

/** The breakdowns of a scored row: one, chosen then rejected, or all responses; none for an error. */
export function listBreakdowns(scored: ScoredRow): readonly RewardBreakdown[] {
  if ('error' in scored) return [];
  if ('margin' in scored) return [scored.chosen, scored.rejected];
  return 'responses' in scored ? scored.responses : [scored];
}
