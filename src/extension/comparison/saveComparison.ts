import { basename, dirname, extname, join } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { comparisonAsCsv, comparisonAsJson } from '../../core/comparison/comparisonExport';
import type { ComparisonRecord } from '../../core/comparison/comparisonRecord';
import type { VersionReference } from './versionSource';

/** Writes a comparison where the user wants it; the ending of the name is the format. */
export async function saveComparison(record: ComparisonRecord, title: string, beside: VersionReference): Promise<void> {
  const file = Uri.parse(beside.uri, true);
  const name = `${basename(file.path, extname(file.path))}.comparison.json`;
  const target = await window.showSaveDialog({
    title: l10n.t('Save the Comparison of {0}', title),
    defaultUri: file.scheme === 'untitled' ? Uri.file(name) : file.with({ path: join(dirname(file.path), name) }),
    filters: { JSON: ['json'], CSV: ['csv'] },
  });
  if (target === undefined) return;
  await writeComparison(record, target);
  window.setStatusBarMessage(l10n.t('Comparison saved in {0}', basename(target.path)), 5000);
}

/** @throws AlidadeError `unsupported` for other endings than .json and .csv. */
export async function writeComparison(record: ComparisonRecord, target: Uri): Promise<void> {
  const ending = extname(target.path).toLowerCase();
  if (ending !== '.json' && ending !== '.csv') {
    throw new AlidadeError({
      code: 'unsupported',
      message: l10n.t('{0} cannot be written', target.path),
      hint: l10n.t('choose a name that ends with .json or .csv'),
    });
  }
  const text = ending === '.json' ? comparisonAsJson(record) : comparisonAsCsv(record);
  await workspace.fs.writeFile(target, new TextEncoder().encode(text));
}
