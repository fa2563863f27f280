import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';

/** Bytes that all cached files may take together before the least recently used go; ALIDADE_CACHE_LIMIT overrides it. */
const DEFAULT_LIMIT = 200e9;
/** Bytes that must stay free on the disk. */
const DISK_RESERVE = 500e6;
/** A file left by a process that was killed while it wrote. */
const ABANDONED_AFTER_MS = 24 * 3600_000;

export interface CachedFileParts {
  /** Final path; the name is derived from the content that it stands for. */
  readonly path: string;
  readonly bytes: number;
  readonly write: (file: FileHandle) => Promise<void>;
}

/**
 * Makes sure that a cached file exists: complete under its name, or absent. Two processes may build the same file at
 * once; each writes its own and the last rename wins, with the same bytes.
 * @throws AlidadeError `no_space` before anything is written when it does not fit, `permission` when nothing can be
 * written there.
 */
export async function ensureCachedFile({ path, bytes, write }: CachedFileParts, context: JobContext): Promise<void> {
  if (await touch(path, bytes)) return;
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    await makeRoom(folder, bytes, context);
  } catch (error) {
    throw asCacheError(error, folder);
  }
  const temporary = `${path}.${process.pid}-${randomUUID()}.part`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    // On Windows a file that another process has mapped cannot be replaced; it has the same content.
    if (await touch(path, bytes)) return;
    throw asCacheError(error, folder);
  }
}

/** Marks the file as used now. False when it is not there in full. */
async function touch(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.size !== bytes) return false;
  await markUsed(path);
  return true;
}

/** The files that were not used for longest go first. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

async function makeRoom(folder: string, needed: number, context: JobContext): Promise<void> {
  const limit = parseLimit(process.env['ALIDADE_CACHE_LIMIT']);
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: Infinity }));
      return { path, size, mtimeMs };
    }),
  );
  const abandoned = (file: { path: string; mtimeMs: number }): boolean =>
    file.path.endsWith('.part') && file.mtimeMs < Date.now() - ABANDONED_AFTER_MS;
  for (const file of files.filter(abandoned)) await rm(file.path, { force: true });
  const kept = files.filter((file) => !file.path.endsWith('.part')).sort((a, b) => a.mtimeMs - b.mtimeMs);
  let total = kept.reduce((sum, file) => sum + file.size, 0);
  for (const file of kept) {
    const free = await freeBytes(folder);
    if (total + needed <= limit && needed + DISK_RESERVE <= free) break;
    context.logger.info(`removing ${file.path} from the weight cache (${file.size} bytes)`);
    await rm(file.path, { force: true }).catch(() => undefined);
    total -= file.size;
  }
  if ((await freeBytes(folder)) < needed + DISK_RESERVE) throw noSpace(folder, needed);
}

/** A limit that cannot be read (with a unit, or empty) is ignored: it must not clear the cache. */
function parseLimit(text: string | undefined): number {
  return text !== undefined && /^\d+(e\d+)?$/.test(text) ? Number(text) : DEFAULT_LIMIT;
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function noSpace(folder: string, needed: number): AlidadeError {
  return new AlidadeError({
    code: 'no_space',
    message: `${folder}: ${(needed / 1e9).toFixed(1)} GB are needed for converted weights`,
    hint: 'free some space, or set ALIDADE_CACHE to a folder on another disk',
  });
}

/** Codes of a folder that cannot be made or written; the last two: a file stands where a folder should be. */
const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR']);

function asCacheError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AlidadeError({
      code: 'no_space',
      message: `${folder}: the disk is full`,
      hint: 'free some space, or set ALIDADE_CACHE to a folder on another disk',
      cause: error,
    });
  }
  if (unwritable.has(code)) {
    return new AlidadeError({
      code: 'permission',
      message: `${folder}: the weight cache cannot be written (${code})`,
      hint: 'set ALIDADE_CACHE to a folder that you may write to',
      cause: error,
    });
  }
  return error;
}
