import { basename } from 'node:path';
import type { Event } from 'vscode';
import { commands, Disposable, extensions, l10n, Uri, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';

/** What is used of version 1 of the built-in Git extension's API (`extensions/git/src/api/git.d.ts` of VS Code). */
interface GitExtension {
  readonly enabled: boolean;
  readonly onDidChangeEnablement: Event<boolean>;
  getAPI(version: 1): GitApi;
}

interface GitApi {
  getRepository(uri: Uri): GitRepository | null;
  openRepository(root: Uri): Promise<GitRepository | null>;
  toGitUri(uri: Uri, ref: string): Uri;
  readonly onDidOpenRepository: Event<GitRepository>;
  readonly onDidCloseRepository: Event<GitRepository>;
}

interface GitRepository {
  readonly state: { readonly HEAD: { readonly commit?: string } | undefined; readonly onDidChange: Event<void> };
  show(ref: string, path: string): Promise<string>;
  status(): Promise<void>;
}

export interface FileAtHead {
  readonly text: string;
  /** The commit, in full. */
  readonly commit: string;
}

const extensionId = 'vscode.git';

/**
 * The file as it was last committed.
 * @throws AlidadeError `unsupported` without Git, `not_found` without a repository, a commit, or the file in it.
 */
export async function readAtHead(uri: Uri): Promise<FileAtHead> {
  const name = basename(uri.path);
  const repository = await openRepositoryOf(uri);
  if (repository.state.HEAD?.commit === undefined) await repository.status();
  const commit = repository.state.HEAD?.commit;
  if (commit === undefined) {
    throw new AlidadeError({
      code: 'not_found',
      message: l10n.t('the repository of {0} has no commit yet', name),
      hint: l10n.t('commit the file first, or compare it with another file'),
    });
  }
  try {
    return { text: await repository.show('HEAD', uri.fsPath), commit };
  } catch (cause) {
    throw showFailure(name, cause);
  }
}

/** The commit that a comparison with HEAD would use now; null: there is none. Looks, and opens nothing. */
export function headCommitOf(uri: Uri): string | null {
  return activeApi()?.getRepository(uri)?.state.HEAD?.commit ?? null;
}

/** The committed file as a document that the editor can show. */
export async function headDocumentUri(uri: Uri): Promise<Uri> {
  await openRepositoryOf(uri);
  return (await gitApi()).toGitUri(uri, 'HEAD');
}

/** Keeps the context key: the file in the active editor has a last commit to be compared with. */
export function registerHeadContext(): Disposable {
  const repositories = new Map<GitRepository, Disposable>();
  let last: boolean | null = null;
  const update = (): void => {
    const uri = window.activeTextEditor?.document.uri;
    const isComparable = uri !== undefined && uri.scheme === 'file' && headCommitOf(uri) !== null;
    if (isComparable === last) return;
    last = isComparable;
    void commands.executeCommand('setContext', 'alidade.headComparable', isComparable);
  };
  const watch = (repository: GitRepository): void => {
    repositories.get(repository)?.dispose();
    repositories.set(repository, repository.state.onDidChange(update));
    update();
  };
  const subscriptions: Disposable[] = [window.onDidChangeActiveTextEditor(update)];
  const connect = (): void => {
    const api = activeApi();
    if (api === null) return;
    subscriptions.push(
      api.onDidOpenRepository(watch),
      api.onDidCloseRepository((repository) => {
        repositories.get(repository)?.dispose();
        repositories.delete(repository);
        update();
      }),
    );
    update();
  };
  const git = extensions.getExtension<GitExtension>(extensionId);
  // The editor starts it by itself: this waits for it. Where it fails, there is nothing to compare with.
  void Promise.resolve(git?.activate()).then(
    (exported) => {
      if (exported === undefined) return;
      subscriptions.push(exported.onDidChangeEnablement(connect));
      connect();
    },
    () => undefined,
  );
  return new Disposable(() => {
    for (const subscription of [...subscriptions, ...repositories.values()]) subscription.dispose();
  });
}

/** Tells when the commit that HEAD is may be another one. */
export function onHeadChange(uri: Uri, listener: () => void): Disposable {
  return activeApi()?.getRepository(uri)?.state.onDidChange(listener) ?? new Disposable(() => undefined);
}

function activeApi(): GitApi | null {
  const git = extensions.getExtension<GitExtension>(extensionId);
  return git?.isActive === true && git.exports.enabled ? git.exports.getAPI(1) : null;
}

async function gitApi(): Promise<GitApi> {
  const git = extensions.getExtension<GitExtension>(extensionId);
  const exported = await git?.activate();
  if (exported?.enabled === true) return exported.getAPI(1);
  throw new AlidadeError({
    code: 'unsupported',
    message: l10n.t('the Git extension of the editor is turned off'),
    hint: l10n.t('turn it on (setting git.enabled), or compare two files'),
  });
}

async function openRepositoryOf(uri: Uri): Promise<GitRepository> {
  const api = await gitApi();
  const repository = api.getRepository(uri) ?? (await api.openRepository(Uri.joinPath(uri, '..')).catch(() => null));
  if (repository !== null) return repository;
  throw new AlidadeError({
    code: 'not_found',
    message: l10n.t('{0} is in no Git repository', basename(uri.path)),
    hint: l10n.t('compare it with another file'),
  });
}

/** The extension tells a file that HEAD lacks by these words alone. */
const missingWords = /Could not show object|Git relative path not found|exists on disk, but not in|does not exist in/;

function showFailure(name: string, cause: unknown): AlidadeError {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (missingWords.test(said)) {
    return new AlidadeError({
      code: 'not_found',
      message: l10n.t('{0} is not in the last commit', name),
      hint: l10n.t('commit the file first, or compare it with another file'),
      cause,
    });
  }
  return new AlidadeError({ code: 'internal', message: l10n.t('Git cannot show {0}: {1}', name, said.trim()), cause });
}
