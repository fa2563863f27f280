import type { QuickPickItem } from 'vscode';
import { l10n, QuickPickItemKind, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { FileTarget } from '../commands';
import { isPromptDocument } from '../prompt/promptSelector';
import { readSetting } from '../readSetting';
import { headCommitOf } from './gitHead';
import type { ComparedVersions, VersionReference } from './versionSource';

/** Prompt files that can be told by their names. */
const promptGlob = '**/{*.prompt.md,*.prompty,*.prompt,*.poml,*.chatml,*.chat.json,promptfooconfig*.{yaml,yml,json}}';
const mostFiles = 500;

/**
 * The two versions to compare: two selected files in the order of their selection, else a file and another that is picked,
 * which is then the baseline.
 * @returns null when nothing was picked.
 * @throws AlidadeError `usage` when more than two files are selected.
 */
export async function chooseVersions(
  target: FileTarget | undefined,
  selected: readonly FileTarget[] | undefined,
): Promise<ComparedVersions | null> {
  const uris = (selected ?? []).map(uriOf);
  if (2 < uris.length) {
    throw new AlidadeError({
      code: 'usage',
      message: l10n.t('{0} files are selected', uris.length),
      hint: l10n.t('select two to compare them'),
    });
  }
  if (uris.length === 2) return { first: fileVersion(uris[0]), second: fileVersion(uris[1]) };
  const second = fileOf(target) ?? (await pickFile(l10n.t('Prompt file to compare'), null))?.uri ?? null;
  if (second === null) return null;
  const first = await pickFile(l10n.t('Version to compare {0} with', workspace.asRelativePath(second)), second);
  return first === null
    ? null
    : { first: { kind: first.kind, uri: first.uri.toString() }, second: fileVersion(second) };
}

/**
 * A file as it is now against its last commit.
 * @throws AlidadeError `usage` when there is no file.
 */
export function versionsWithHead(target: FileTarget | undefined): ComparedVersions {
  const uri = fileOf(target);
  if (uri === null) {
    throw new AlidadeError({
      code: 'usage',
      message: l10n.t('no prompt file is open'),
      hint: l10n.t('open the file whose versions you want to compare'),
    });
  }
  return { first: { kind: 'head', uri: uri.toString() }, second: fileVersion(uri) };
}

function fileVersion(uri: Uri): VersionReference {
  return { kind: 'file', uri: uri.toString() };
}

/** The file that was pointed at, else the prompt file in the active editor. */
function fileOf(target: FileTarget | undefined): Uri | null {
  if (target !== undefined) return uriOf(target);
  const document = window.activeTextEditor?.document;
  return document !== undefined && isPromptDocument(document) ? document.uri : null;
}

function uriOf(target: FileTarget): Uri {
  return target instanceof Uri ? target : Uri.file(target.fsPath);
}

interface VersionItem extends QuickPickItem {
  readonly version?: { readonly kind: VersionReference['kind']; readonly uri: Uri };
  readonly browse?: true;
}

/** @param other the version that is known already: it is not offered, but its last commit is. */
async function pickFile(title: string, other: Uri | null): Promise<NonNullable<VersionItem['version']> | null> {
  const items = async (): Promise<VersionItem[]> => [
    ...(other !== null && headCommitOf(other) !== null
      ? [{ label: l10n.t('Last commit (HEAD)'), version: { kind: 'head' as const, uri: other } }]
      : []),
    { label: l10n.t('Another file…'), browse: true },
    { label: l10n.t('Prompt files'), kind: QuickPickItemKind.Separator },
    ...(await findPromptFiles(other)).map((uri): VersionItem => {
      const path = workspace.asRelativePath(uri);
      const name = path.slice(path.lastIndexOf('/') + 1);
      return { label: name, description: path === name ? '' : path, version: { kind: 'file', uri } };
    }),
  ];
  const picked = await window.showQuickPick(items(), { title, matchOnDescription: true });
  if (picked?.browse !== true) return picked?.version ?? null;
  const beside = other === null ? {} : { defaultUri: Uri.joinPath(other, '..') };
  const [chosen] = (await window.showOpenDialog({ title, ...beside })) ?? [];
  return chosen === undefined ? null : { kind: 'file', uri: chosen };
}

async function findPromptFiles(other: Uri | null): Promise<readonly Uri[]> {
  const globs = [promptGlob, ...readSetting('promptFiles').filter((glob) => glob.trim() !== '')];
  const found = await Promise.all(globs.map((glob) => workspace.findFiles(glob, undefined, mostFiles)));
  const byText = new Map(found.flat().map((uri) => [uri.toString(), uri]));
  if (other !== null) byText.delete(other.toString());
  return [...byText.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
