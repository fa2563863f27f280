import { lstat, realpath, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { describeBytes } from '../../core/describeQuantity';
import { existsAlready } from './mergeFolder';

export interface MergeTargetParams {
  readonly target: string;
  readonly force: boolean;
  /** Of the files that the merge reads. */
  readonly sources: readonly string[];
}

/**
 * Refuses a target that is there, or that must not be replaced: what is in it would be removed.
 * @throws AlidadeError `exists`, `usage`.
 */
export async function checkMergeTarget({ target, force, sources }: MergeTargetParams): Promise<void> {
  const found = await lstat(target).catch(() => null);
  if (dirname(target) === target) throw refusal(target, 'is the whole disk');
  if (found === null) return;
  if (!force) throw existsAlready(target);
  if (found.isSymbolicLink()) throw refusal(target, 'is a link');
  if (!found.isDirectory()) throw refusal(target, 'is no folder');
  const real = await realpath(target);
  for (const [path, what] of [
    [process.cwd(), 'has the folder that the command runs in'],
    [homedir(), 'has the home folder'],
    ...sources.map((source) => [source, 'has a model that the recipe reads'] as const),
  ] as const) {
    const inside = await realpath(path).catch(() => resolve(path));
    if (isWithin(real, inside)) throw refusal(target, what);
  }
}

function refusal(target: string, what: string): AlidadeError {
  return new AlidadeError({
    code: 'exists',
    message: `${target} ${what} and is not replaced`,
    hint: 'choose another folder',
  });
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`));
}

/**
 * @param needed bytes that are yet to be written.
 * @throws AlidadeError `no_space` when the disk of the folder has less.
 */
export async function checkSpace(folder: string, needed: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free === null || needed <= free) return;
  throw new AlidadeError({
    code: 'no_space',
    message: `the merge needs ${describeBytes(needed)} in ${folder}, where ${describeBytes(free)} are free`,
    hint: 'make room, or choose a folder on another disk',
  });
}

/** Bytes that this user may write; null where the system does not say. */
export async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Bytes that files take on the disk: what a run has laid out and not written takes nothing. */
export async function allocatedBytes(folder: string, names: readonly string[]): Promise<number> {
  let sum = 0;
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found !== null) sum += Math.min(found.size, 512 * found.blocks);
  }
  return sum;
}
