import { dirname, join } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { FileTarget } from '../commands';
import { readSetting } from '../readSetting';
import type { MergeSettings } from './mergeRecord';
import { recipeName } from './mergeTree';

/** The recipe that is meant, as it is in the editor; null: none could be told. */
export async function recipeToRun(
  target: FileTarget | { readonly recipe: { readonly uri: Uri } } | undefined,
): Promise<{ readonly path: string; readonly text: string } | null> {
  const uri = target === undefined ? window.activeTextEditor?.document.uri : uriOf(target);
  if (uri === undefined) return null;
  const document = await workspace.openTextDocument(uri);
  return { path: document.uri.fsPath, text: document.getText() };
}

function uriOf(target: FileTarget | { readonly recipe: { readonly uri: Uri } }): Uri {
  return 'recipe' in target ? target.recipe.uri : Uri.file(target.fsPath);
}

/** A folder that is not there yet; null: the user has thought better of it. */
export async function chooseTarget(recipe: string): Promise<string | null> {
  const chosen = await window.showSaveDialog({
    title: l10n.t('Merge Into a New Folder'),
    saveLabel: l10n.t('Merge'),
    defaultUri: Uri.file(join(dirname(recipe), recipeName(Uri.file(recipe)))),
  });
  if (chosen === undefined) return null;
  const isTaken = await workspace.fs.stat(chosen).then(
    () => true,
    () => false,
  );
  if (isTaken) {
    throw new AlidadeError({
      code: 'exists',
      message: l10n.t('{0} exists already', chosen.fsPath),
      hint: l10n.t('choose another name: a merge makes a new folder'),
    });
  }
  return chosen.fsPath;
}

export function readMergeSettings(): MergeSettings {
  return {
    mergekitCompatible: readSetting('merge.mergekitCompatible'),
    shardBytes: 1e9 * readSetting('merge.shardSize'),
  };
}
