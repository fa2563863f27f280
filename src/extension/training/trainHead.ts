import { dirname, join } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { BodySettings } from '../../protocol/sidecarTraining';
import type { FileTarget } from '../commands';
import { readSetting } from '../readSetting';
import type { NewHeadRun } from './headRuns';
import { recipeNameOf } from './headPaths';

/**
 * The training that the recipe asks for, once it is known where the head goes; null: the user has thought better of it.
 * @throws AlidadeError `recipe` without a recipe, `permission` in a workspace that is not trusted.
 */
export async function prepareTraining(target: FileTarget | undefined): Promise<NewHeadRun | null> {
  checkTrust();
  const uri = target === undefined ? window.activeTextEditor?.document.uri : Uri.file(target.fsPath);
  if (uri === undefined) {
    throw new AlidadeError({
      code: 'recipe',
      message: l10n.t('there is no head recipe in the active editor'),
      hint: l10n.t('open one (`*.head.yml`), or make one with New Head Recipe…'),
    });
  }
  const document = await workspace.openTextDocument(uri);
  const recipe = document.uri.fsPath;
  const output = await chooseOutput(recipe);
  if (output === null) return null;
  return {
    head: output,
    settings: readBodySettings(),
    job: {
      ...{ kind: 'training', recipe },
      text: document.getText(),
      folders: dataFolders(document.uri),
      // The dialog has asked whether a file that is there may be replaced.
      force: true,
    },
  };
}

/** How bodies are run, as the settings have it. */
export function readBodySettings(): BodySettings {
  const threads = readSetting('threads');
  return {
    device: readSetting('device'),
    dtype: readSetting('dtype'),
    ...(threads === 0 ? {} : { threads }),
  };
}

/** A link in a text may ask for it too. @throws AlidadeError `permission` in a workspace that is not trusted. */
export function checkTrust(): void {
  if (workspace.isTrusted) return;
  throw new AlidadeError({
    code: 'permission',
    message: l10n.t('this workspace is not trusted'),
    hint: l10n.t('trust it to open the models and data that it names'),
  });
}

/** From which folders relative data files are taken: the recipe's own, then those of the workspace. */
function dataFolders(uri: Uri): readonly string[] {
  const roots = (workspace.workspaceFolders ?? []).flatMap(({ uri: root }) =>
    root.scheme === 'file' ? [root.fsPath] : [],
  );
  return [...new Set([...(uri.scheme === 'file' ? [dirname(uri.fsPath)] : []), ...roots])];
}

async function chooseOutput(recipe: string): Promise<string | null> {
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
  const chosen = await window.showSaveDialog({
    title: l10n.t('Train Head Into'),
    saveLabel: l10n.t('Train'),
    defaultUri: Uri.file(join(dirname(recipe) || (folder ?? ''), `${recipeNameOf(recipe)}.safetensors`)),
    filters: { [l10n.t('Head files')]: ['safetensors'] },
  });
  if (chosen === undefined) return null;
  return /\.safetensors$/i.test(chosen.fsPath) ? chosen.fsPath : `${chosen.fsPath}.safetensors`;
}
