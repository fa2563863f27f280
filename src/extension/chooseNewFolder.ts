import type { Uri } from 'vscode';
import { l10n, window, workspace } from 'vscode';
import { AlidadeError } from '../core/alidadeError';

export interface NewFolderParams {
  readonly title: string;
  /** Of the button. */
  readonly saveLabel: string;
  readonly defaultUri: Uri;
  /** Said when the folder is there already. */
  readonly hint: string;
}

/**
 * Path of a folder that is not there yet; null: the user has thought better of it.
 * @throws AlidadeError `exists` when it is there.
 */
export async function chooseNewFolder({ hint, ...dialog }: NewFolderParams): Promise<string | null> {
  const chosen = await window.showSaveDialog(dialog);
  if (chosen === undefined) return null;
  const isTaken = await workspace.fs.stat(chosen).then(
    () => true,
    () => false,
  );
  if (isTaken) {
    throw new AlidadeError({
      code: 'exists',
      message: l10n.t('{0} exists already', chosen.fsPath),
      hint: hint,
    });
  }
  return chosen.fsPath;
}
