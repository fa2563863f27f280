import { resolve } from 'node:path';
import type { QuickPickItem, SecretStorage } from 'vscode';
import {
  ConfigurationTarget,
  Disposable,
  env,
  l10n,
  ProgressLocation,
  QuickPickItemKind,
  Uri,
  window,
  workspace,
} from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { FetchStarterResult, ListCheckpointsResult, ListedCheckpoint } from '../../protocol/sidecar';
import { abortSignalOf } from '../abortSignalOf';
import { affectsSetting, readSetting } from '../readSetting';
import { registerCommand, runCommand } from '../registerCommand';
import { readHeadSetting } from '../reward/readScoreSettings';
import type { RowScores } from '../reward/rowScores';
import { type HeadFiles, useOwnHead } from '../training/headFiles';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { describeBytes } from '../../core/describeQuantity';
import { registerModelDownload } from './modelDownload';
import { headText, isChosen, isScorable, ModelsTree } from './modelsTree';

export interface ModelsViewParams {
  readonly client: SidecarClient;
  readonly scores: RowScores;
  readonly secrets: SecretStorage;
  readonly heads: HeadFiles;
}

export interface ModelsView {
  /** What the view lists, looked up if it has not been shown yet. */
  readonly checkpoints: () => Promise<ListCheckpointsResult>;
  dispose(): void;
}

/** The Models view, and the commands that choose and fetch models. */
export function registerModelsView({ client, scores, secrets, heads }: ModelsViewParams): ModelsView {
  const tree = new ModelsTree(
    () => listCheckpoints(client),
    () => heads.list(),
  );
  const view = window.createTreeView('alidade.models', { treeDataProvider: tree });
  const registered = Disposable.from(
    tree,
    view,
    registerCommand('alidade.refreshModels', () => {
      heads.refresh();
      tree.refresh();
    }),
    heads.onDidChange(() => tree.redraw()),
    registerCommand('alidade.chooseRewardModel', () => chooseRewardModel(tree)),
    registerCommand('alidade.useAsRewardModel', ({ checkpoint }) => {
      const { path, place } = checkpoint;
      return saveRewardModel(place === 'starter' ? 'starter' : path, place);
    }),
    registerCommand('alidade.copyCheckpointPath', ({ checkpoint }) => env.clipboard.writeText(checkpoint.path)),
    registerCommand('alidade.fetchStarter', async () => {
      const result = await fetchStarter(client);
      scores.forgetModelFailure();
      tree.refresh();
      return result;
    }),
    registerModelDownload({
      client,
      secrets,
      listAgain: async () => {
        scores.forgetModelFailure();
        tree.refresh();
        return (await tree.checkpoints()).checkpoints;
      },
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'modelFolders')) tree.refresh();
      else if (affectsSetting(event, 'rewardModel') || affectsSetting(event, 'head')) tree.redraw();
    }),
    workspace.onDidChangeWorkspaceFolders(() => tree.refresh()),
  );
  return { checkpoints: () => tree.checkpoints(), dispose: () => void registered.dispose() };
}

function listCheckpoints(client: SidecarClient): Promise<ListCheckpointsResult> {
  const roots = (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
  const base = roots[0] ?? '/';
  const folders = [...roots, ...readSetting('modelFolders').map((folder) => resolve(base, folder))];
  return Promise.resolve(
    window.withProgress({ location: { viewId: 'alidade.models' } }, () =>
      client.listCheckpoints(folders, { signal: new AbortController().signal }),
    ),
  );
}

interface ModelPick extends QuickPickItem {
  readonly choose: () => Promise<void>;
}

async function chooseRewardModel(tree: ModelsTree): Promise<void> {
  tree.refresh();
  const picked = await window.showQuickPick(modelPicks(tree), {
    title: l10n.t('Reward Model'),
    placeHolder: l10n.t('The model that scores rows; only models with a reward head are listed'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  await picked?.choose();
}

async function modelPicks(tree: ModelsTree): Promise<ModelPick[]> {
  const { checkpoints, starterPresent } = await tree.checkpoints();
  const chosen = readSetting('rewardModel');
  const usable = checkpoints
    .filter(isScorable)
    .filter((checkpoint) => workspace.isTrusted || checkpoint.place !== 'folder');
  const picks = usable.map((checkpoint): ModelPick => pickOf(checkpoint, isChosen(checkpoint, chosen)));
  const separator: ModelPick = { label: '', kind: QuickPickItemKind.Separator, choose: () => Promise.resolve() };
  const fetchPick: ModelPick = {
    label: `$(cloud-download) ${l10n.t('Fetch the starter model')}`,
    description: l10n.t('about 100 MB'),
    detail: l10n.t('Small meters that run anywhere: not a judge of quality'),
    choose: async () => {
      await runCommand('alidade.fetchStarter');
      await saveRewardModel('starter', 'starter');
    },
  };
  const downloadPick: ModelPick = {
    label: `$(cloud-download) ${l10n.t('Download a model from the hub…')}`,
    choose: () => runCommand('alidade.downloadModel'),
  };
  const browse: ModelPick = {
    label: `$(folder-opened) ${l10n.t('Choose a folder…')}`,
    choose: chooseFolder,
  };
  return [...picks, ...(starterPresent ? [] : [fetchPick]), separator, downloadPick, browse];
}

function pickOf(checkpoint: ListedCheckpoint, inUse: boolean): ModelPick {
  const { name, architecture, bytes, dtype, path, place, reference } = checkpoint;
  return {
    label: `$(${inUse ? 'check' : 'dashboard'}) ${name}`,
    description: [headText(checkpoint), architecture, dtype, describeBytes(bytes)]
      .filter((part) => part !== null)
      .join(' · '),
    detail: path,
    choose: () => saveRewardModel(reference, place),
  };
}

async function chooseFolder(): Promise<void> {
  const chosen = await window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: l10n.t('Use as Reward Model'),
  });
  const folder = chosen?.[0];
  if (folder !== undefined) await saveRewardModel(folder.fsPath, 'folder');
}

/** A model of the workspace is that workspace's choice; the others are the user's, for every workspace. */
async function saveRewardModel(reference: string, place: ListedCheckpoint['place']): Promise<void> {
  const configuration = workspace.getConfiguration('alidade');
  const inspected = configuration.inspect('rewardModel');
  const isInWorkspace = workspace.getWorkspaceFolder(Uri.file(reference)) !== undefined;
  if (isInWorkspace && !workspace.isTrusted) {
    throw new AlidadeError({
      code: 'permission',
      message: l10n.t('the model lies in a workspace that is not trusted'),
      hint: l10n.t('trust the workspace, or choose another model'),
    });
  }
  const toWorkspace = inspected?.workspaceValue !== undefined || (place === 'folder' && isInWorkspace);
  await configuration.update(
    'rewardModel',
    reference,
    toWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global,
  );
  // A head file belongs to the model that it was trained on.
  if (readHeadSetting() !== null) await useOwnHead();
}

async function fetchStarter(client: SidecarClient): Promise<FetchStarterResult> {
  const options = {
    location: ProgressLocation.Notification,
    title: l10n.t('Fetching the starter model'),
    cancellable: true,
  };
  const result = await window.withProgress(options, (report, token) => {
    let reported = 0;
    return client.fetchStarter({
      signal: abortSignalOf(token),
      progress: ({ message, done, total }) => {
        const percent = done === undefined || total === undefined || total === 0 ? reported : (100 * done) / total;
        report.report({ message, increment: Math.max(0, percent - reported) });
        reported = Math.max(reported, percent);
      },
    });
  });
  const text = result.wasPresent ? l10n.t('The starter model is already here') : l10n.t('The starter model is ready');
  window.setStatusBarMessage(text, 5000);
  return result;
}
