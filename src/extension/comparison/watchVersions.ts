import { Disposable, FileType, l10n, RelativePattern, Uri, workspace } from 'vscode';
import { onHeadChange } from './gitHead';
import { readVersion, type ComparedVersions, type VersionSource } from './versionSource';

/** Tells when a version may be another one: a file was edited, written or deleted, or there is another commit. */
export function watchVersions({ first, second }: ComparedVersions, listener: () => void): Disposable {
  const uris = [...new Set([first.uri, second.uri])].map((uri) => Uri.parse(uri, true));
  const isWatched = (uri: Uri): boolean => uris.some((watched) => watched.toString() === uri.toString());
  const watchers = uris.flatMap((uri) => {
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1).replace(/[[\]{}*?]/g, '[$&]');
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(uri, '..'), name));
    return [watcher, watcher.onDidChange(listener), watcher.onDidCreate(listener), watcher.onDidDelete(listener)];
  });
  return Disposable.from(
    ...watchers,
    workspace.onDidChangeTextDocument(({ document }) => {
      if (isWatched(document.uri)) listener();
    }),
    ...[first, second].flatMap(({ kind, uri }) =>
      kind === 'head' ? [onHeadChange(Uri.parse(uri, true), listener)] : [],
    ),
  );
}

/** What has become of a version since it was read; null: nothing. */
export async function changeOf(source: VersionSource, name: string): Promise<string | null> {
  if (source.reference.kind === 'file' && !(await isThere(source.uri))) {
    return l10n.t('{0} has been deleted since: the numbers are those of before.', name);
  }
  try {
    const { text } = await readVersion(source.reference);
    return text === source.text ? null : l10n.t('{0} has changed since: the numbers are those of before.', name);
  } catch {
    return l10n.t('{0} cannot be read any more: the numbers are those of before.', name);
  }
}

/** An untitled document is nowhere but in the editor. */
async function isThere(uri: Uri): Promise<boolean> {
  if (uri.scheme === 'untitled') {
    return workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
  }
  try {
    return (await workspace.fs.stat(uri)).type !== FileType.Directory;
  } catch {
    return false;
  }
}
