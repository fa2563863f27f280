import { basename } from 'node:path';
import type { QuickPickItem } from 'vscode';
import { l10n, QuickPickItemKind, window } from 'vscode';
import type { ListedCheckpoint } from '../../protocol/sidecar';
import type { ModelsView } from '../checkpoint/modelsView';
import { describeBytes } from '../../core/describeQuantity';
import type { OtherCheckpoint } from './checkpointComparison';

interface OtherPick extends QuickPickItem {
  readonly choose: () => Promise<OtherCheckpoint | null>;
}

/** Asks for the checkpoint that an open file is to be compared with: one that is known, a folder, or a file. */
export async function chooseOtherCheckpoint(
  name: string,
  models: Pick<ModelsView, 'checkpoints'>,
): Promise<OtherCheckpoint | null> {
  const picked = await window.showQuickPick(picks(models), {
    title: l10n.t('Compare {0} With', name),
    placeHolder: l10n.t('The checkpoint to compare with'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return (await picked?.choose()) ?? null;
}

async function picks(models: Pick<ModelsView, 'checkpoints'>): Promise<OtherPick[]> {
  const { checkpoints } = await models.checkpoints();
  const separator: OtherPick = { label: '', kind: QuickPickItemKind.Separator, choose: () => Promise.resolve(null) };
  return [
    ...checkpoints.map(pickOf),
    separator,
    { label: `$(folder-opened) ${l10n.t('Choose a folder…')}`, choose: () => chooseFromDisk('folder') },
    { label: `$(file) ${l10n.t('Choose a weight file…')}`, choose: () => chooseFromDisk('file') },
  ];
}

function pickOf({ name, path, architecture, dtype, bytes }: ListedCheckpoint): OtherPick {
  return {
    label: name,
    description: [architecture, dtype, describeBytes(bytes)].filter((part) => part !== null).join(' · '),
    detail: path,
    choose: () => Promise.resolve({ name, path }),
  };
}

async function chooseFromDisk(kind: 'folder' | 'file'): Promise<OtherCheckpoint | null> {
  const chosen = await window.showOpenDialog({
    canSelectFiles: kind === 'file',
    canSelectFolders: kind === 'folder',
    openLabel: l10n.t('Compare'),
    ...(kind === 'file' ? { filters: { [l10n.t('Weight files')]: ['safetensors', 'gguf'] } } : {}),
  });
  const path = chosen?.[0]?.fsPath;
  return path === undefined ? null : { name: basename(path), path };
}
