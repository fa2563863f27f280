import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { describeFileError } from '../checkpoint/describeFileError';
import { acquireLock } from '../checkpoint/fileLock';
import type { FileLock } from '../checkpoint/fileLock';

/** Milliseconds that a run waits for one that has the same target: it may be about to end. */
const patience = 3000;
const journalName = 'journal.jsonl';
const resultName = 'result';
const replacedName = 'replaced';
const knownName = new RegExp(`^(lock(\\..*)?|journal\\.jsonl|${resultName}|${replacedName}|stage-\\d+)$`);

/**
 * Where a merge works: `TARGET.part` beside the target, a folder that nobody else writes to. It has the journal, the
 * results of earlier stages, and the folder that is renamed to the target at the end.
 */
export class MergeFolder {
  readonly target: string;
  readonly #path: string;
  readonly #lock: FileLock;
  /** The outermost folder that had to be made for the target; null: none. */
  readonly #madeParent: string | null;

  private constructor(target: string, lock: FileLock, madeParent: string | null) {
    this.target = target;
    this.#path = `${target}.part`;
    this.#lock = lock;
    this.#madeParent = madeParent;
  }

  /**
   * Takes the folder for this process, as an earlier run may have left it; what that was killed in the middle of at its
   * end is finished first.
   * @throws AlidadeError `exists` (another process writes there, or the folder is none of ours), `permission`, `no_space`,
   * `cancelled`.
   */
  static async claim(target: string, signal: AbortSignal): Promise<MergeFolder> {
    const path = `${target}.part`;
    for (let attempt = 1; ; attempt += 1) {
      const madeParent = await makeFolder(dirname(target));
      await makeFolder(path);
      await refuseForeign(path);
      try {
        const folder = new MergeFolder(target, await lockFolder(path, target, signal), madeParent);
        await folder.#finishReplacing();
        return folder;
      } catch (error) {
        // The run that had it has just ended and has taken its folder away.
        const isGone = error instanceof AlidadeError && error.code === 'not_found';
        if (!isGone || 3 <= attempt) throw error;
      }
    }
  }

  get path(): string {
    return this.#path;
  }

  get journal(): string {
    return join(this.#path, journalName);
  }

  /** What becomes the target. */
  get result(): string {
    return join(this.#path, resultName);
  }

  /** The result of a stage that later ones read. */
  stage(index: number): string {
    return join(this.#path, `stage-${index}`);
  }

  /**
   * Renames the result to the target and removes what was needed to get there.
   * @param isReplacing a folder that is there is removed, once the result has its name.
   * @throws AlidadeError `exists`, `permission`.
   */
  async putInPlace(isReplacing: boolean): Promise<void> {
    try {
      await syncFolder(this.result);
      if (await isThere(this.target)) {
        if (!isReplacing) throw existsAlready(this.target);
        await rename(this.target, join(this.#path, replacedName));
      }
      await rename(this.result, this.target);
      await syncFolder(dirname(this.target));
    } catch (error) {
      throw describeFileError(error, this.target);
    }
    await this.#remove();
  }

  /** Leaves the work for a run that goes on with it. */
  async leave(): Promise<void> {
    await this.#lock.release();
  }

  /** Removes all that was made for the run. */
  async discard(): Promise<void> {
    await this.#remove();
    if (this.#madeParent === null) return;
    // From the inside out, as long as they are empty.
    for (let folder = dirname(this.target); folder.startsWith(this.#madeParent); folder = dirname(folder)) {
      const isRemoved = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!isRemoved) break;
    }
  }

  async #remove(): Promise<void> {
    // The lock goes last, and with the folder: whoever waits for it finds neither.
    for (const name of await readdir(this.#path).catch((): string[] => [])) {
      if (name !== 'lock') await rm(join(this.#path, name), { recursive: true, force: true }).catch(() => undefined);
    }
    await this.#lock.release();
    await rm(this.#path, { recursive: true, force: true }).catch(() => undefined);
  }

  /** A run that was killed between the two renames of `putInPlace`, or after them. */
  async #finishReplacing(): Promise<void> {
    const replaced = join(this.#path, replacedName);
    try {
      if (!(await isThere(replaced))) return;
      if (!(await isThere(this.target))) {
        const isMade = await isThere(this.result);
        await rename(isMade ? this.result : replaced, this.target);
      }
      await rm(replaced, { recursive: true, force: true });
    } catch (error) {
      await this.#lock.release();
      throw describeFileError(error, this.target);
    }
  }
}

export function existsAlready(target: string): AlidadeError {
  return new AlidadeError({
    code: 'exists',
    message: `${target} exists`,
    hint: 'choose another folder, or replace it with --force',
  });
}

/** Also of a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
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
      hint: 'wait for it, or choose another folder',
    });
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** @throws AlidadeError `exists` for anything that no merge has made. */
async function refuseForeign(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  const names = found?.isDirectory() === true ? await readdir(path).catch((): string[] => []) : [''];
  if (found === null || names.every((name) => knownName.test(name))) return;
  throw new AlidadeError({
    code: 'exists',
    message: `${path} exists and is not of an interrupted merge`,
    hint: 'remove it, or choose another folder: a merge works there',
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

/** The names in a folder are on the disk, where the system lets one say so. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
