import { basename, dirname, extname, join } from 'node:path';
import { l10n, ProgressLocation, Uri, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { abortSignalOf } from '../abortSignalOf';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { RunRecord } from './runRecord';
import type { Runs } from './runs';

export interface SaveScoresParams {
  readonly client: Pick<SidecarClient, 'exportScores'>;
  readonly runs: Pick<Runs, 'outputPath'>;
  readonly run: RunRecord;
}

const formats = { '.jsonl': 'jsonl', '.csv': 'csv', '.parquet': 'parquet' } as const;

/** Writes the scores of a finished run where the user wants them; the ending of the name is the format. */
export async function saveScores({ client, runs, run }: SaveScoresParams): Promise<void> {
  const name = basename(run.input, extname(run.input));
  const target = await window.showSaveDialog({
    title: l10n.t('Save Scores As'),
    defaultUri: Uri.file(join(dirname(run.input), `${name}.scores.jsonl`)),
    filters: { 'JSON Lines': ['jsonl'], CSV: ['csv'], Parquet: ['parquet'] },
  });
  if (target === undefined) return;
  const ending = extname(target.fsPath).toLowerCase();
  if (target.scheme !== 'file' || !(ending in formats)) {
    throw new AlidadeError({
      code: 'unsupported',
      message: l10n.t('{0} cannot be written', target.path),
      hint: l10n.t('choose a name that ends with .jsonl, .csv or .parquet'),
    });
  }
  const format = formats[ending as keyof typeof formats];
  const dataset = { inputs: [run.input], outputPath: runs.outputPath(run.id) };
  const options = { location: ProgressLocation.Window, title: l10n.t('Saving scores') };
  await window.withProgress(options, (_report, token) =>
    client.exportScores({ dataset, targetPath: target.fsPath, format }, { signal: abortSignalOf(token) }),
  );
  window.setStatusBarMessage(l10n.t('Scores saved in {0}', basename(target.fsPath)), 5000);
}
