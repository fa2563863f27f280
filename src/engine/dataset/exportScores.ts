import { copyFile, rename, rm } from 'node:fs/promises';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { readScoredRows } from '../reward/scoreRun';
import { writeScoreTable } from '../reward/writeScoreTable';

export interface ExportScoresParams {
  /** Scores as JSON lines, complete. */
  readonly from: string;
  readonly output: { readonly path: string; readonly format: 'jsonl' | 'csv' | 'parquet' };
}

/**
 * Writes the scores of a finished run once more. What stands at the target is replaced when everything is there.
 * @throws AlidadeError `not_found`, `permission`, `no_space`, `cancelled`.
 */
export async function exportScores({ from, output }: ExportScoresParams, context: JobContext): Promise<void> {
  const { path, format } = output;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (format === 'jsonl') await copyFile(from, temporary);
    else await writeScoreTable({ rows: () => readScoredRows(from), path: temporary, format }, context);
    throwIfCancelled(context.signal);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw describeFileError(error, path);
  }
}
