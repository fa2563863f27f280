import { copyFile, link, lstat, mkdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { randomBytes } from 'node:crypto';
import { describeFileError } from '../checkpoint/describeFileError';
import type { RepositoryFile } from './listRepository';

export type LinkKind = 'symbolic' | 'hard';

export interface RepositoryCacheParams {
  readonly cache: string;
  /** `org/name`. */
  readonly repository: string;
  readonly linksCan?: readonly LinkKind[];
}

/**
 * The folder of one repository in the hub cache, laid out as the hub's own tools do it: `blobs/HASH` hold the content,
 * `snapshots/COMMIT/PATH` are links to them, `refs/REVISION` hold commits.
 */
export class RepositoryCache {
  readonly #folder: string;
  readonly #locks: string;
  readonly #linksCan: readonly LinkKind[];

  /** @param parts.linksCan the links that the disk may have; what fails is passed over. */
  constructor({ cache, repository, linksCan = ['symbolic', 'hard'] }: RepositoryCacheParams) {
    this.#linksCan = linksCan;
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
   * Puts files into the snapshot: as relative links to their blobs, else as second names of them; where the disk has neither,
   * the blobs themselves are moved there.
   * @throws AlidadeError when none of it can be done.
   */
  async fillSnapshot(commit: string, files: readonly RepositoryFile[]): Promise<void> {
    for (const [index, file] of files.entries()) {
      const isNeededAgain = files.slice(index + 1).some(({ blob }) => blob.hash === file.blob.hash);
      await this.#addToSnapshot(commit, file, isNeededAgain);
    }
  }

  async #addToSnapshot(commit: string, { path, blob }: RepositoryFile, isNeededAgain: boolean): Promise<void> {
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
      if (!(await this.#link(target, temporary))) {
        await (isNeededAgain ? copyFile(target, temporary) : rename(target, temporary));
      }
      await rename(temporary, pointer);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      // Another process may have done it meanwhile.
      if ((await lstat(pointer).catch(() => null)) === null) throw describeFileError(error, pointer);
    }
  }

  /** Whether a link could be made. */
  async #link(target: string, place: string): Promise<boolean> {
    // The folder itself may be reached through a link, from which `..` leads elsewhere.
    const wayBack = relative(await realpath(dirname(place)), await realpath(target));
    const make = { symbolic: () => symlink(wayBack, place, 'file'), hard: () => link(target, place) };
    for (const kind of this.#linksCan) {
      const isMade = await make[kind]().then(
        () => true,
        () => false,
      );
      if (isMade) return true;
    }
    return false;
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
