import { resolve } from 'node:path';
import { commands, ConfigurationTarget, EventEmitter, l10n, QuickPickItemKind, window, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { describeBytes } from '../../core/describeQuantity';
import type { ListedHead } from '../../protocol/sidecarTraining';
import type { FileTarget, HeadTarget } from '../commands';
import { readSetting } from '../readSetting';
import { checkModelTrust, readHeadSetting } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';

/** The head files of the workspace and the model folders: looked for when somebody asks, and kept until they may differ. */
export class HeadFiles {
  readonly #client: Pick<SidecarClient, 'listHeads' | 'readHead'>;
  readonly #changed = new EventEmitter<void>();
  #listed: Promise<readonly ListedHead[]> | null = null;

  constructor(client: Pick<SidecarClient, 'listHeads' | 'readHead'>) {
    this.#client = client;
  }

  readonly onDidChange = this.#changed.event;

  list(): Promise<readonly ListedHead[]> {
    if (this.#listed !== null) return this.#listed;
    const listed = this.#list();
    this.#listed = listed;
    listed.then(
      (heads) => {
        const paths = heads.map(({ path }) => path);
        void commands.executeCommand('setContext', 'alidade.headFiles', paths);
      },
      () => {
        if (this.#listed === listed) this.#listed = null;
      },
    );
    return listed;
  }

  /** Reference of the body that a head was trained on, where its file says so. @throws AlidadeError for what is no head. */
  async bodyOf(path: string): Promise<string | null> {
    const { metadata } = await this.#client.readHead(path, { signal: new AbortController().signal });
    return metadata.body.reference ?? null;
  }

  /** Looks again when somebody asks next. */
  refresh(): void {
    this.#listed = null;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #list(): Promise<readonly ListedHead[]> {
    const roots = (workspace.workspaceFolders ?? []).flatMap(({ uri }) => (uri.scheme === 'file' ? [uri.fsPath] : []));
    const base = roots[0] ?? '/';
    const folders = [...roots, ...readSetting('modelFolders').map((folder) => resolve(base, folder))];
    if (folders.length === 0) return [];
    const { heads } = await this.#client.listHeads(folders, { signal: new AbortController().signal });
    return heads;
  }
}

interface HeadPick extends QuickPickItem {
  /** null: chosen in a dialog. */
  readonly path?: string | null;
}

/** A head file that the user names; null: none. @param title of the command that asks. */
export async function pickHead(files: HeadFiles, title: string): Promise<string | null> {
  const browse: HeadPick = { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, path: null };
  const picks = files.list().then((heads): HeadPick[] => [...heads.map(pickOf), separator, browse]);
  const picked = await window.showQuickPick(picks, {
    title,
    placeHolder: l10n.t('Head files of the workspace'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.path === undefined) return null;
  return picked.path ?? browseHead(title);
}

/** Lets the user choose which head scores: that of the model, or a head file. */
export async function chooseHead(files: HeadFiles): Promise<void> {
  const own: HeadPick = {
    label: `$(${readHeadSetting() === null ? 'check' : 'dashboard'}) ${l10n.t("The model's own head")}`,
    path: '',
  };
  const browse: HeadPick = { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, path: null };
  const picks = files.list().then((heads): HeadPick[] => [own, ...heads.map(pickOf), separator, browse]);
  const picked = await window.showQuickPick(picks, {
    title: l10n.t('Choose Head'),
    placeHolder: l10n.t('What scores rows: a head file brings the model that it was trained on'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.path === undefined) return;
  const path = picked.path ?? (await browseHead(l10n.t('Choose Head')));
  if (path === '') await useOwnHead();
  else if (path !== null) await useHead(path, files);
}

const separator: HeadPick = { label: '', kind: QuickPickItemKind.Separator };

function pickOf({ path, name, objectives, isGated, body, bytes }: ListedHead): HeadPick {
  return {
    label: `$(${readHeadSetting() === path ? 'check' : 'symbol-event'}) ${name}`,
    description: [headKindText({ objectives, isGated }), body.name, describeBytes(bytes)].join(' · '),
    detail: path,
    path,
  };
}

export function headKindText({ objectives, isGated }: Pick<ListedHead, 'objectives' | 'isGated'>): string {
  if (isGated) return l10n.t('gate over {0} objectives', objectives.length);
  return objectives.length === 1 ? l10n.t('1 objective') : l10n.t('{0} objectives', objectives.length);
}

async function browseHead(title: string): Promise<string | null> {
  const chosen = await window.showOpenDialog({
    title,
    filters: { [l10n.t('Head files')]: ['safetensors'], [l10n.t('All files')]: ['*'] },
  });
  return chosen?.[0]?.fsPath ?? null;
}

/** Rows are scored with this head from now on, on the body that it names where it names one. @throws AlidadeError */
export async function useHead(path: string, files: Pick<HeadFiles, 'bodyOf'>): Promise<void> {
  checkModelTrust(path);
  const reference = await files.bodyOf(path);
  if (reference !== null && reference !== readSetting('rewardModel')) await change('rewardModel', reference);
  await change('head', path);
}

/** Rows are scored with the model's own head from now on. */
export async function useOwnHead(): Promise<void> {
  await change('head', undefined);
}

/** A choice of the workspace stays one. */
async function change(name: 'head' | 'rewardModel', value: string | undefined): Promise<void> {
  const configuration = workspace.getConfiguration('alidade');
  const isOfWorkspace = configuration.inspect(name)?.workspaceValue !== undefined;
  await configuration.update(name, value, isOfWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global);
}

/** What a menu hands over. */
export function headPathOf(target: HeadTarget | FileTarget | undefined): string | null {
  if (target === undefined) return null;
  return 'head' in target ? target.head.path : target.fsPath;
}
