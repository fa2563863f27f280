import { basename, join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { commands, Disposable, env, l10n, RelativePattern, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { parseMergeRecipe } from '../../core/merging/recipe/parseMergeRecipe';
import type { ModelsView } from '../checkpoint/modelsView';
import type { FileTarget, MergeTarget } from '../commands';
import { registerCommand, runCommand } from '../registerCommand';
import { reportError } from '../reportError';
import { isResumable } from '../run/unfinishedState';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { WorkProcess } from '../sidecar/workProcess';
import type { MergeRecord } from './mergeRecord';
import { MergeRuns } from './mergeRuns';
import { type ListedRecipe, mergeDescription, MergeTree, recipeName } from './mergeTree';
import { newMerge } from './newMerge';
import { chooseTarget, readMergeSettings, recipeToRun } from './runMerge';

export interface MergeViewParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly models: ModelsView;
  readonly process: WorkProcess;
}

export interface MergeViewRegistration {
  readonly runs: MergeRuns;
  dispose(): void;
}

/** Not `mergekit_config.yml`, which lies in every merged folder and tells of the past. */
const recipeFiles = '**/{*.merge.yml,*.merge.yaml}';
const mostRecipes = 200;
/** Characters; what is longer is listed without its method. */
const longestRecipe = 1_000_000;
/** Milliseconds: who waited less than this still looks at the screen. */
const longMerge = 30_000;

/** The Merge view: recipes of the workspace, New Merge…, and the merges with what can be done with them. */
export function registerMergeView({ context, client, models, process }: MergeViewParams): MergeViewRegistration {
  const runs = new MergeRuns({
    process,
    memory: context.workspaceState,
    interruption: l10n.t('the window was closed while it ran'),
    now: () => Date.now(),
  });
  let recipes: Promise<readonly ListedRecipe[]> | null = null;
  const listed = (): Promise<readonly ListedRecipe[]> => (recipes ??= listRecipes());
  const tree = new MergeTree(listed, () => runs.all);
  const view = window.createTreeView('alidade.merge', { treeDataProvider: tree });
  const listAgain = (): void => {
    recipes = null;
    tree.redraw();
  };
  const watcher = workspace.createFileSystemWatcher(recipeFiles);
  const find = (target: MergeTarget | undefined): MergeRecord => {
    const merge = target === undefined ? null : runs.find(target.merge.id);
    if (merge !== null) return merge;
    throw new AlidadeError({ code: 'not_found', message: l10n.t('this merge is not there any more') });
  };
  const registered = Disposable.from(
    tree,
    view,
    watcher,
    watcher.onDidCreate(listAgain),
    watcher.onDidChange(listAgain),
    watcher.onDidDelete(listAgain),
    workspace.onDidChangeWorkspaceFolders(listAgain),
    runs.onDidChange((merge) => {
      tree.redraw();
      const active = runs.all.filter(({ state }) => state.kind === 'running').length;
      view.badge = active === 0 ? undefined : { value: active, tooltip: l10n.t('Merges under way: {0}', active) };
      if (merge.state.kind === 'done') void runCommand('alidade.refreshModels');
      if (runs.find(merge.id) !== null) announceEnd(merge);
    }),
    registerCommand('alidade.newMerge', async (first, selected) => {
      const targets = foldersOf(first, selected);
      const uri = await newMerge({ client, models, selected: targets });
      if (uri === null) return;
      await window.showTextDocument(uri, { preview: false });
      await runCommand('alidade.openMergePreview');
    }),
    registerCommand('alidade.runMerge', async (target) => {
      checkTrust();
      const recipe = await recipeToRun(target);
      if (recipe === null) return;
      const folder = await chooseTarget(recipe.path);
      if (folder === null) return;
      runs.start({ recipe: recipe.path, text: recipe.text, settings: readMergeSettings(), target: folder });
      await commands.executeCommand('alidade.merge.focus');
    }),
    registerCommand('alidade.stopMerge', (target) => runs.stop(find(target).id)),
    registerCommand('alidade.resumeMerge', (target) => {
      const merge = find(target);
      if (isResumable(merge)) runs.resume(merge.id);
    }),
    registerCommand('alidade.removeMerge', (target) => runs.remove(find(target).id)),
    registerCommand('alidade.openMergedModel', (target) => openMerged(find(target).target)),
    registerCommand('alidade.copyMergedPath', (target) => env.clipboard.writeText(find(target).target)),
    registerCommand('alidade.openMergeRecipe', async (target) => {
      await window.showTextDocument(Uri.file(find(target).recipe));
    }),
    new Disposable(() => runs.dispose()),
  );
  return { runs, dispose: () => void registered.dispose() };
}

/** A link in a text may ask for it too. @throws AlidadeError `permission` in a workspace that is not trusted. */
function checkTrust(): void {
  if (workspace.isTrusted) return;
  throw new AlidadeError({
    code: 'permission',
    message: l10n.t('this workspace is not trusted'),
    hint: l10n.t('trust it to merge what its recipes name'),
  });
}

async function listRecipes(): Promise<readonly ListedRecipe[]> {
  const uris = await workspace.findFiles(recipeFiles, '**/node_modules/**', mostRecipes);
  const recipes = await Promise.all(
    uris.map(async (uri): Promise<ListedRecipe> => {
      const relativePath = workspace.asRelativePath(uri);
      const folder = relativePath.includes('/') ? relativePath.slice(0, relativePath.lastIndexOf('/')) : '';
      return { uri, folder, method: await methodOf(uri) };
    }),
  );
  return recipes.sort((a, b) => recipeName(a.uri).localeCompare(recipeName(b.uri)));
}

/** Of the last document, which is the one that is written in the end. */
async function methodOf(uri: Uri): Promise<string | null> {
  try {
    const bytes = await workspace.fs.readFile(uri);
    if (longestRecipe < bytes.length) return null;
    return parseMergeRecipe(new TextDecoder().decode(bytes)).recipes.at(-1)?.method.value ?? null;
  } catch {
    return null;
  }
}

/** What a menu hands over: folders of the explorer, or checkpoints of the Models view. */
function foldersOf(
  first: FileTarget | { readonly checkpoint: { readonly path: string } } | undefined,
  selected: readonly unknown[] | undefined,
): readonly FileTarget[] {
  const all = selected ?? (first === undefined ? [] : [first]);
  return all.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return [];
    if ('fsPath' in item) return [{ scheme: 'file', fsPath: String(item.fsPath) }];
    if (!('checkpoint' in item)) return [];
    const { path } = item.checkpoint as { readonly path: string };
    return [{ scheme: 'file', fsPath: path }];
  });
}

/** In the viewer: its first weight file, or the index of several. */
async function openMerged(folder: string): Promise<void> {
  const index = join(folder, 'model.safetensors.index.json');
  const [found] = await workspace.findFiles(new RelativePattern(folder, 'model.safetensors.index.json'), null, 1);
  const file = found === undefined ? join(folder, 'model.safetensors') : index;
  await commands.executeCommand('vscode.openWith', Uri.file(file), 'alidade.checkpoint');
}

/** Only what nobody may have seen, and what went wrong. */
function announceEnd(merge: MergeRecord): void {
  const { state, created, target } = merge;
  const name = basename(target);
  const again = { merge: { id: merge.id } };
  if (state.kind === 'done' && longMerge < Date.now() - created) {
    const open = l10n.t('Open');
    void window
      .showInformationMessage(l10n.t('{0} is merged: {1}', name, mergeDescription(merge)), open)
      .then((choice) => {
        if (choice === open) void runCommand('alidade.openMergedModel', again);
      });
  }
  if (state.kind === 'failed') {
    reportError(
      new AlidadeError({
        code: 'recipe',
        message: l10n.t('{0} was not merged: {1}', name, state.message),
        hint: state.hint ?? undefined,
      }),
    );
  }
}
