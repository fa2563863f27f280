import { lstat, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../core/alidadeError';
import { describeFileError } from './checkpoint/describeFileError';
import { acquireLock } from './checkpoint/fileLock';
import type { FileLock } from './checkpoint/fileLock';

/** Milliseconds that a run waits for one that has the same target: it may be about to end. */
const patience = 3000;
/** Of the lock, and of one that is being taken over. */
const lockName = /^lock(\..*)?$/;

export interface WorkFolderParams {
  /** What is being made; the work is in `TARGET.part` beside it. */
  readonly target: string;
  /** Names that an earlier run may have left in the folder, besides those of locks. */
  readonly knownName: RegExp;
  /** "a merge", in messages. */
  readonly work: string;
}

/** `TARGET.part` beside what is being made: a folder that nobody else writes to while it is held. */
export class WorkFolder {
  readonly path: string;
  readonly #target: string;
  readonly #lock: FileLock;
  /** The outermost folder that had to be made for the target; null: none. */
  readonly #madeParent: string | null;

  private constructor(target: string, lock: FileLock, madeParent: string | null) {
    this.path = partOf(target);
    this.#target = target;
    this.#lock = lock;
    this.#madeParent = madeParent;
  }

  /**
   * Takes the folder for this process, as an earlier run may have left it.
   * @throws AlidadeError `exists` (another process writes there, or the folder is none of ours), `permission`, `no_space`,
   * `cancelled`.
   */
  static async claim(params: WorkFolderParams, signal: AbortSignal): Promise<WorkFolder> {
    const { target } = params;
    const path = partOf(target);
    for (let attempt = 1; ; attempt += 1) {
      const madeParent = await makeFolder(dirname(target));
      await makeFolder(path);
      await refuseForeign(path, params);
      try {
        return new WorkFolder(target, await lockFolder(path, target, signal), madeParent);
      } catch (error) {
        // The run that had it has just ended and has taken its folder away.
        const isGone = error instanceof AlidadeError && error.code === 'not_found';
        if (!isGone || 3 <= attempt) throw error;
      }
    }
  }

  /** Leaves the work for a run that goes on with it. */
  async leave(): Promise<void> {
    await this.#lock.release();
  }

  /** Removes what an earlier run has left. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.path).catch((): string[] => [])) {
      if (name !== 'lock') await rm(join(this.path, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** The work is done: removes the folder. */
  async remove(): Promise<void> {
    // The lock goes last, and with the folder: whoever waits for it finds neither.
    await this.clear();
    await this.#lock.release();
    await rm(this.path, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Removes all that was made for the run, folders above the target too. */
  async discard(): Promise<void> {
    await this.remove();
    if (this.#madeParent === null) return;
    // From the inside out, as long as they are empty.
    for (let folder = dirname(this.#target); folder.startsWith(this.#madeParent); folder = dirname(folder)) {
      const isRemoved = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!isRemoved) break;
    }
  }
}

/** Where the work on a target is. */
export function partOf(target: string): string {
  return `${target}.part`;
}

/** Also of a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

/** The names in a folder are on the disk, where the system lets one say so. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

async function lockFolder(path: string, target: string, signal: AbortSignal): Promise<FileLock> {
  const waiting = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  try {
    return await acquireLock(join(path, 'lock'), {
      signal: AbortSignal.any([signal, waiting.signal]),
      onWait: () => {
        timer = setTimeout(() => waiting.abort(), patience);
      },
    });
  } catch (error) {
    if (signal.aborted || !waiting.signal.aborted) throw error;
    throw new AlidadeError({
      code: 'exists',
      message: `${target} is being written by another process`,
      hint: 'wait for it, or choose another name',
    });
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** @throws AlidadeError `exists` for anything that no such work has made. */
async function refuseForeign(path: string, { knownName, work }: WorkFolderParams): Promise<void> {
  const found = await lstat(path).catch(() => null);
  const names = found?.isDirectory() === true ? await readdir(path).catch((): string[] => []) : [''];
  if (found === null || names.every((name) => lockName.test(name) || knownName.test(name))) return;
  throw new AlidadeError({
    code: 'exists',
    message: `${path} exists and is not of an interrupted ${work.replace(/^an? /, '')}`,
    hint: `remove it, or choose another name: ${work} works there`,
  });
}

/** @returns the outermost folder that was made; null: it was there. */
async function makeFolder(path: string): Promise<string | null> {
  try {
    return (await mkdir(path, { recursive: true })) ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null; // a file: `refuseForeign`
    throw describeFileError(error, path);
  }
}
