import { link, lstat, mkdir, realpath, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { randomBytes } from 'node:crypto';
import { describeFileError } from '../checkpoint/describeFileError';
import type { RepositoryFile } from './listRepository';

/**
 * The folder of one repository in the hub cache, laid out as the hub's own tools do it: `blobs/HASH` hold the content,
 * `snapshots/COMMIT/PATH` are links to them, `refs/REVISION` hold commits.
 */
export class RepositoryCache {
  readonly #folder: string;
  readonly #locks: string;

  constructor({ cache, repository }: { readonly cache: string; readonly repository: string }) {
    const name = `models--${repository.replaceAll('/', '--')}`;
    this.#folder = join(cache, name);
    this.#locks = join(cache, '.locks', name);
  }

  blobPath(hash: string): string {
    return join(this.#folder, 'blobs', hash);
  }

  lockPath(hash: string): string {
    return join(this.#locks, `${hash}.alidade.lock`);
  }

  snapshotPath(commit: string): string {
    return join(this.#folder, 'snapshots', commit);
  }

  /** @throws AlidadeError `permission`, `no_space`. */
  async createFolders(): Promise<void> {
    for (const folder of [join(this.#folder, 'blobs'), join(this.#folder, 'refs'), this.#locks]) {
      await mkdir(folder, { recursive: true }).catch((error: unknown) => {
        throw describeFileError(error, folder);
      });
    }
  }

  /** Whether the content is there, as a blob or, where links cannot be made, in its place in the snapshot. */
  async has(commit: string, { path, blob }: RepositoryFile): Promise<boolean> {
    const places = [this.blobPath(blob.hash), join(this.snapshotPath(commit), ...path.split('/'))];
    const sizes = await Promise.all(
      places.map((place) =>
        stat(place).then(
          (found) => (found.isFile() ? found.size : null),
          () => null,
        ),
      ),
    );
    return sizes.includes(blob.size);
  }

  /**
   * Puts the file into the snapshot: a relative link, else a second name of the blob, else the blob itself moved there.
   * @throws AlidadeError when none of it can be done.
   */
  async addToSnapshot(commit: string, { path, blob }: RepositoryFile): Promise<void> {
    const pointer = join(this.snapshotPath(commit), ...path.split('/'));
    const target = this.blobPath(blob.hash);
    const isThere = await stat(pointer).then(
      ({ size }) => size === blob.size,
      () => false,
    );
    if (isThere) return;
    const folder = dirname(pointer);
    const temporary = `${pointer}.${process.pid}.${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(folder, { recursive: true });
      // The folder itself may be reached through a link, from which `..` leads elsewhere.
      const wayBack = relative(await realpath(folder), await realpath(target));
      await symlink(wayBack, temporary, 'file')
        .catch(() => link(target, temporary))
        .catch(() => rename(target, temporary));
      await rename(temporary, pointer);
    } catch (error) {
      // Another process may have done it meanwhile.
      if ((await lstat(pointer).catch(() => null)) === null) throw describeFileError(error, pointer);
    }
  }

  /** Remembers what a branch or tag stands for; a commit stands for itself. */
  async setRevision(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = join(this.#folder, 'refs', ...revision.split('/'));
    const temporary = join(this.#folder, 'refs', `.${process.pid}.${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, commit);
      await rename(temporary, path);
    } catch (error) {
      throw describeFileError(error, path);
    }
  }
}
