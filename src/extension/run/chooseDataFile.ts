import type { Uri } from 'vscode';
import { l10n, TabInputCustom, TabInputText, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { DataDocuments } from '../promptFile/dataDocuments';

/** Endings of files that hold rows. */
export const dataFileEndings = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet'] as const;

export interface ChooseDataFileParams {
  readonly documents: DataDocuments;
  /** From the explorer or an editor's title: the file that was pointed at. */
  readonly named: { readonly scheme: string; readonly fsPath: string } | undefined;
}

/**
 * The file to score: the one named, else the one in the active editor if it holds rows, else one that is asked for.
 * @returns its absolute path; null when the user chose none.
 * @throws AlidadeError `unsupported` for a file that is not on a disk.
 */
export async function chooseDataFile({ documents, named }: ChooseDataFileParams): Promise<string | null> {
  if (named !== undefined) return pathOf(named);
  const active = activeDataFile(documents);
  if (active !== null) return pathOf(active);
  const chosen = await window.showOpenDialog({
    title: l10n.t('Score File'),
    openLabel: l10n.t('Score'),
    filters: { [l10n.t('Data files')]: [...dataFileEndings] },
    ...(workspace.workspaceFolders?.[0] === undefined ? {} : { defaultUri: workspace.workspaceFolders[0].uri }),
  });
  return chosen?.[0] === undefined ? null : pathOf(chosen[0]);
}

/** Parquet files are opened by no text editor, but perhaps by another extension's. */
function activeDataFile(documents: DataDocuments): Uri | null {
  const document = window.activeTextEditor?.document;
  if (document !== undefined && documents.holdsRows(document)) return document.uri;
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof TabInputText || input instanceof TabInputCustom ? input.uri : null;
  if (uri === null) return null;
  // What is too large for extensions is shown by the editor all the same, without a document.
  const isUnread = document === undefined && /\.(jsonl|ndjson)$/i.test(uri.path);
  return isUnread || /\.(csv|tsv|parquet)$/i.test(uri.path) ? uri : null;
}

function pathOf({ scheme, fsPath }: { readonly scheme: string; readonly fsPath: string }): string {
  if (scheme === 'file') return fsPath;
  throw new AlidadeError({
    code: 'unsupported',
    message: l10n.t('only files on a disk can be scored as a whole'),
    hint: l10n.t('save it as a file'),
  });
}

/**
 * The disk is what is scored: unsaved changes are saved first, if the user agrees.
 * @returns false: the user does not want it scored now.
 */
export async function saveBeforeScoring(path: string): Promise<boolean> {
  const document = workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === path);
  if (document?.isDirty !== true) return true;
  const save = l10n.t('Save and Score');
  const text = l10n.t('{0} has changes that are not saved. What is on the disk is scored.', document.uri.fsPath);
  const choice = await window.showWarningMessage(text, { modal: true }, save);
  return choice === save && document.save();
}
