import { dirname, join } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { chooseNewFolder } from '../chooseNewFolder';
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

/** The folder that is to be made; null: the user has thought better of it. */
export function chooseTarget(recipe: string): Promise<string | null> {
  return chooseNewFolder({
    title: l10n.t('Merge Into a New Folder'),
    saveLabel: l10n.t('Merge'),
    defaultUri: Uri.file(join(dirname(recipe), recipeName(Uri.file(recipe)))),
    hint: l10n.t('choose another name: a merge makes a new folder'),
  });
}

export function readMergeSettings(): MergeSettings {
  return {
    mergekitCompatible: readSetting('merge.mergekitCompatible'),
    shardBytes: 1e9 * readSetting('merge.shardSize'),
  };
}
