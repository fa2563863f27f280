import { basename } from 'node:path';
import { l10n, Uri, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { readAtHead } from './gitHead';

/** A version of a prompt: a file as it is now, saved or not, or as it was last committed. */
export interface VersionReference {
  readonly kind: 'file' | 'head';
  /** URI of the file. */
  readonly uri: string;
}

/** Baseline first. */
export interface ComparedVersions {
  readonly first: VersionReference;
  readonly second: VersionReference;
}

/** A version as it was read. */
export interface VersionSource {
  readonly reference: VersionReference;
  readonly uri: Uri;
  readonly text: string;
  /** Of a committed version. */
  readonly commit: string | null;
  /** There are changes that are not saved. */
  readonly isDirty: boolean;
}

/** Bytes; longer files are no prompts. */
const largestFile = 16_000_000;

/** @throws AlidadeError `not_found` when the file, its repository or its commit is not there, `unsupported` without Git or for a huge file. */
export async function readVersion(reference: VersionReference): Promise<VersionSource> {
  const uri = Uri.parse(reference.uri, true);
  if (reference.kind === 'head') {
    const { text, commit } = await readAtHead(uri);
    return { reference, uri, text, commit, isDirty: false };
  }
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  // Without changes the disk is right: the editor may not have seen yet what something else has written there.
  if (open !== undefined && (open.isDirty || open.isUntitled)) {
    return { reference, uri, text: open.getText(), commit: null, isDirty: true };
  }
  return { reference, uri, text: await readFile(uri), commit: null, isDirty: false };
}

async function readFile(uri: Uri): Promise<string> {
  const name = basename(uri.path);
  try {
    if ((await workspace.fs.stat(uri)).size <= largestFile) {
      return new TextDecoder().decode(await workspace.fs.readFile(uri));
    }
  } catch (cause) {
    throw new AlidadeError({
      code: 'not_found',
      message: l10n.t('{0} cannot be opened', name),
      hint: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  throw new AlidadeError({
    code: 'unsupported',
    message: l10n.t('{0} is larger than {1} MB: not a prompt', name, largestFile / 1e6),
  });
}

/** Names by which both are told apart, and where each comes from. */
export function nameVersions(
  first: VersionSource,
  second: VersionSource,
): Record<'first' | 'second', { readonly name: string; readonly detail: string }> {
  const isSameFile = first.uri.toString() === second.uri.toString();
  const isSameName = basename(first.uri.path) === basename(second.uri.path);
  const nameOf = ({ reference, uri }: VersionSource): string => {
    if (reference.kind === 'head') return isSameFile ? 'HEAD' : l10n.t('{0} at HEAD', basename(uri.path));
    if (isSameFile) return l10n.t('working file');
    return isSameName ? workspace.asRelativePath(uri) : basename(uri.path);
  };
  const detailOf = ({ uri, commit, isDirty }: VersionSource): string => {
    const path = workspace.asRelativePath(uri);
    if (commit !== null) return l10n.t('{0} as committed, {1}', path, commit.slice(0, 7));
    return isDirty ? l10n.t('{0}, with changes that are not saved', path) : path;
  };
  return {
    first: { name: nameOf(first), detail: detailOf(first) },
    second: { name: nameOf(second), detail: detailOf(second) },
  };
}

/** What is compared, for the title of the page. */
export function titleOf({ first, second }: ComparedVersions): string {
  const [a, b] = [first, second].map(({ uri }) => Uri.parse(uri, true));
  const name = basename(b.path);
  if (a.toString() === b.toString()) return name;
  const other = basename(a.path);
  return other === name
    ? l10n.t('{0} and {1}', workspace.asRelativePath(a), workspace.asRelativePath(b))
    : l10n.t('{0} and {1}', other, name);
}
