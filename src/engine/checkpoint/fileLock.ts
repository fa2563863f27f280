import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describeFileError } from './describeFileError';
import { isAlive } from './isAlive';
import { pause } from './pause';

export interface FileLock {
  release(): Promise<void>;
}

export interface LockParams {
  readonly signal: AbortSignal;
  /** Called once when another process has the lock. */
  readonly onWait?: () => void;
  /** Milliseconds between two looks at a lock that another has. Default 200. */
  readonly interval?: number;
  /** Milliseconds without a sign of life after which a lock is taken over. Default 60,000. */
  readonly abandonedAfter?: number;
}

/** Milliseconds after which a lock without an owner was left behind by a process that ended while it took it. */
const halfMadeAfter = 2000;

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly nonce: string;
}

/**
 * Waits until this process is the only one that has the lock of this name: a file that exists as long as the lock is held.
 * Locks of processes that have ended are taken over. It keeps work from being done twice; what is written must be safe
 * without it, since a process that was stopped for a minute may go on beside its successor.
 * @throws AlidadeError `cancelled`, `permission`, `no_space`.
 */
export async function acquireLock(path: string, params: LockParams): Promise<FileLock> {
  const { signal, onWait, interval = 200, abandonedAfter = 60_000 } = params;
  const owner: Owner = { pid: process.pid, host: hostname(), nonce: randomBytes(8).toString('hex') };
  for (let isFirst = true; ; isFirst = false) {
    if (await create(path, owner)) break;
    const isOver = await removeAbandoned(path, abandonedAfter);
    if (!isOver) {
      if (isFirst) onWait?.();
      await pause(interval, signal);
    }
  }
  const signs = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), abandonedAfter / 6);
  signs.unref();
  return {
    release: async () => {
      clearInterval(signs);
      if ((await readOwner(path))?.nonce === owner.nonce) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** Whether the lock file did not exist. */
async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(JSON.stringify(owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw describeFileError(error, path);
  }
}

/** Whether the lock file has gone, because its owner has. */
async function removeAbandoned(path: string, abandonedAfter: number): Promise<boolean> {
  const owner = await readOwner(path);
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => null,
  );
  if (age === null) return true;
  const isGone = owner !== null && owner.host === hostname() && !isAlive(owner.pid);
  const patience = owner === null ? Math.min(halfMadeAfter, abandonedAfter) : abandonedAfter;
  if (!isGone && age < patience) return false;
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  // Another may have been faster, and this is its fresh lock: give it back.
  const taken = await readOwner(aside);
  if (taken?.nonce !== owner?.nonce) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  return true;
}

/** null while it is being written, and for anything else that is no lock. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    if (typeof value?.pid !== 'number' || typeof value.nonce !== 'string' || typeof value.host !== 'string')
      return null;
    return { pid: value.pid, host: value.host, nonce: value.nonce };
  } catch {
    return null;
  }
}
