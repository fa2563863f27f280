import { dirname } from 'node:path';
import { l10n, Uri, window } from 'vscode';
import { dataFileEndings } from '../run/chooseDataFile';
import type { NewHeadRun } from './headRuns';
import { readBodySettings } from './trainHead';

/** The evaluation of a head on files that the user chooses; null: none. */
export async function prepareEvaluation(head: string): Promise<NewHeadRun | null> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Evaluate Head On'),
    openLabel: l10n.t('Evaluate'),
    canSelectMany: true,
    defaultUri: Uri.file(dirname(head)),
    filters: { [l10n.t('Data files')]: [...dataFileEndings], [l10n.t('All files')]: ['*'] },
  });
  if (chosen === undefined || chosen.length === 0) return null;
  return {
    head,
    settings: readBodySettings(),
    job: { kind: 'evaluation', inputs: chosen.map(({ fsPath }) => fsPath), model: null },
  };
}
