import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { QuickPickItem } from 'vscode';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { hmaNamesOf } from '../../core/merging/hma/hmaNames';
import { hmaRecipe } from '../../core/merging/hma/hmaRecipe';
import { defaultBlocks } from '../../core/merging/hma/layerBlocks';
import { mergeDtypes, storedMergeDtypes, type MergeDtype } from '../../core/merging/methods/mergeMethod';
import { isReadable, type MergeSource } from '../../core/merging/plan/mergeSource';
import type { ListedCheckpoint } from '../../protocol/sidecar';
import type { ModelsView } from '../checkpoint/modelsView';
import { describeBytes } from '../../core/describeQuantity';
import type { FileTarget } from '../commands';
import type { SidecarClient } from '../sidecar/sidecarClient';

export interface NewMergeParams {
  readonly client: SidecarClient;
  readonly models: ModelsView;
  /** Folders that the user has selected already. */
  readonly selected: readonly FileTarget[];
}

/** The share of the model before RLHF with which a new recipe begins: what the paper recommends (HMA, section 5). */
const firstShare = 0.2;

/**
 * Asks for the model before and the one after RLHF, writes an HMA recipe of them into the workspace, and returns its URI;
 * null when the user has thought better of it.
 * @throws AlidadeError `recipe` when the two cannot be averaged.
 */
export async function newMerge({ client, models, selected }: NewMergeParams): Promise<Uri | null> {
  if (2 < selected.length) {
    throw new AlidadeError({
      code: 'usage',
      message: l10n.t('{0} folders are selected', selected.length),
      hint: l10n.t('select two: the model before RLHF and the one after it'),
    });
  }
  const chosen = await choosePair(
    models,
    selected.map(({ fsPath }) => fsPath),
  );
  if (chosen === null) return null;
  const { before, after } = chosen;
  const sources = await readPair(client, [before, after]);
  const { layerCount } = sources[1];
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath ?? dirname(after);
  const uri = await freeName(folder, `${basename(after)}-hma`);
  const blocks = defaultBlocks(layerCount);
  const text = hmaRecipe({
    before: fromFolder(folder, before),
    after: fromFolder(folder, after),
    blocks,
    ratios: blocks.map(() => firstShare),
    alpha: firstShare,
    names: hmaNamesOf(sources[1].tensors.keys()),
    outDtype: dtypeOf(sources[1]),
  });
  await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

async function choosePair(
  models: ModelsView,
  selected: readonly string[],
): Promise<{ readonly before: string; readonly after: string } | null> {
  const title = l10n.t('New Merge');
  const beforeText = l10n.t('The model before RLHF (usually the one after supervised fine-tuning)');
  const before = await choose(models, { title, placeHolder: beforeText, step: 1, selected, taken: null });
  if (before === null) return null;
  const rest = selected.filter((path) => path !== before);
  if (selected.length === 2 && rest.length === 1) return { before, after: rest[0] };
  const afterText = l10n.t('The model after RLHF');
  const after = await choose(models, { title, placeHolder: afterText, step: 2, selected: rest, taken: before });
  return after === null ? null : { before, after };
}

interface Choice {
  readonly title: string;
  readonly placeHolder: string;
  readonly step: number;
  readonly selected: readonly string[];
  readonly taken: string | null;
}

interface ModelPick extends QuickPickItem {
  /** null: a folder that is chosen in a dialog. */
  readonly path: string | null;
}

async function choose(
  models: ModelsView,
  { title, placeHolder, step, selected, taken }: Choice,
): Promise<string | null> {
  const picks = async (): Promise<ModelPick[]> => {
    if (0 < selected.length) return selected.map((path) => ({ label: basename(path), detail: path, path }));
    const { checkpoints } = await models.checkpoints();
    const browse: ModelPick = { label: `$(folder-opened) ${l10n.t('Choose a folder…')}`, path: null };
    return [...checkpoints.filter((checkpoint) => isMergeable(checkpoint, taken)).map(pickOf), browse];
  };
  const picked = await window.showQuickPick(picks(), {
    title: `${title} (${step}/2)`,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return null;
  return picked.path ?? (await browseFolder(placeHolder));
}

/** Weights in floats, in a folder of their own. */
function isMergeable({ path, place }: ListedCheckpoint, taken: string | null): boolean {
  return place !== 'starter' && !path.toLowerCase().endsWith('.gguf') && path !== taken;
}

function pickOf({ name, architecture, dtype, bytes, path }: ListedCheckpoint): ModelPick {
  const description = [architecture, dtype, describeBytes(bytes)].filter((part) => part !== null).join(' · ');
  return { label: name, description, detail: path, path };
}

async function browseFolder(title: string): Promise<string | null> {
  const chosen = await window.showOpenDialog({ title, canSelectFiles: false, canSelectFolders: true });
  return chosen?.[0]?.fsPath ?? null;
}

/** @throws AlidadeError when one of them cannot be read, or they have not as many layers. */
async function readPair(
  client: SidecarClient,
  paths: readonly [string, string],
): Promise<readonly [MergeSource, MergeSource]> {
  const models = paths.map((path) => ({ path, revision: null, adapter: null }));
  const { sources } = await client.readMergeSources(
    { models, folders: [], withVocabulary: false },
    { signal: new AbortController().signal },
  );
  const [before, after] = sources.map((source) => {
    if (isReadable(source)) return source;
    throw new AlidadeError({ ...source.error, hint: source.error.hint ?? undefined });
  }) as [MergeSource, MergeSource];
  if (before.layerCount === after.layerCount) return [before, after];
  throw new AlidadeError({
    code: 'recipe',
    message: l10n.t('{0} has {1} layers, {2} has {3}', before.name, before.layerCount, after.name, after.layerCount),
    hint: l10n.t('only models of the same shape can be averaged'),
  });
}

/** The number format of most of its weights; float32 where that is none in which a merge can be written. */
function dtypeOf({ tensors }: MergeSource): MergeDtype {
  const bytes = (dtype: MergeDtype): number =>
    [...tensors.values()].reduce((sum, entry) => sum + (entry.dtype === storedMergeDtypes[dtype] ? entry.bytes : 0), 0);
  return mergeDtypes.reduce((most, dtype) => (bytes(most) < bytes(dtype) ? dtype : most));
}

async function freeName(folder: string, name: string): Promise<Uri> {
  for (let count = 1; ; count += 1) {
    const uri = Uri.file(join(folder, `${name}${count === 1 ? '' : `-${count}`}.merge.yml`));
    const isTaken = await workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!isTaken) return uri;
  }
}

/** Relative where the model lies below the recipe's folder, so that the workspace can be moved. */
function fromFolder(folder: string, path: string): string {
  const inner = relative(folder, path);
  if (inner === '' || inner.startsWith('..') || isAbsolute(inner)) return path;
  return `./${inner.split('\\').join('/')}`;
}
