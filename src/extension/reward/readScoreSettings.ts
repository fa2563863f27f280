import { isAbsolute, relative, resolve } from 'node:path';
import { l10n, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ModelSelection, RowParams } from '../../protocol/sidecar';
import { readSetting } from '../readSetting';

/** What the settings say about scoring: everything of a row request but the row. */
export type ScoreSettings = Pick<RowParams, 'model' | 'maxTokens' | 'truncate'>;

/** @throws AlidadeError `permission` when an untrusted workspace holds the model. */
export function readScoreSettings(): ScoreSettings {
  const [threads, maxTokens, weights] = [readSetting('threads'), readSetting('maxTokens'), readSetting('weights')];
  const cwd = trustedFolder();
  const reference = readSetting('rewardModel').trim() || 'starter';
  const headPath = readHeadSetting();
  const model: ModelSelection = {
    reference,
    ...(headPath === null ? {} : { headPath }),
    ...(readSetting('judge') ? { judge: true } : {}),
    device: readSetting('device'),
    dtype: readSetting('dtype'),
    ...(threads === 0 ? {} : { threads }),
    // A copy: the editor's settings are proxies, which no process can be sent.
    ...(Object.keys(weights).length === 0 ? {} : { weights: { ...weights } }),
    ...(cwd === undefined ? {} : { cwd }),
  };
  checkModelTrust(reference);
  if (headPath !== null) checkModelTrust(headPath);
  return { model, ...(maxTokens === 0 ? {} : { maxTokens }), truncate: readSetting('truncate') };
}

/** Absolute path of the head file in the place of the model's own head; null: the model's own. */
export function readHeadSetting(): string | null {
  const head = readSetting('head').trim();
  if (head === '' || isAbsolute(head)) return head === '' ? null : head;
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
  return folder === undefined ? null : resolve(folder, head);
}

/** From where relative names of models start; none, so that they cannot mean a folder of an untrusted workspace. */
export function trustedFolder(): string | undefined {
  const folders = workspace.isTrusted ? workspace.workspaceFolders : undefined;
  return folders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
}

/** @throws AlidadeError `permission` when an untrusted workspace holds the model. */
export function checkModelTrust(reference: string): void {
  if (workspace.isTrusted || !isInWorkspace(reference)) return;
  throw new AlidadeError({
    code: 'permission',
    message: l10n.t('the model {0} lies in a workspace that is not trusted', reference),
    hint: l10n.t('trust the workspace, or choose another model'),
  });
}

function isInWorkspace(reference: string): boolean {
  if (!isAbsolute(reference)) return false;
  return (workspace.workspaceFolders ?? []).some(({ uri }) => {
    const path = relative(uri.fsPath, reference);
    return !path.startsWith('..') && !isAbsolute(path);
  });
}
