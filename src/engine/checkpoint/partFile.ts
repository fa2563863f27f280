import { randomBytes } from 'node:crypto';
import { open, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './isAlive';

/** Milliseconds: a part that no process has written to for so long was left behind. */
const abandonedAfter = 60_000;

/**
 * The name under which this process fetches `path`: nobody else writes to it. It holds what an earlier attempt left behind,
 * if there is such a thing, and else does not exist.
 */
export async function claimPart(path: string): Promise<string> {
  const part = `${path}.part.${process.pid}.${randomBytes(4).toString('hex')}`;
  const prefix = `${basename(path)}.part`;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  for (const name of names.filter((candidate) => candidate.startsWith(prefix))) {
    const candidate = join(dirname(path), name);
    const found = await stat(candidate).catch(() => null);
    if (found === null) continue;
    const owner = Number(name.slice(prefix.length + 1).split('.')[0]);
    const isFree = name === prefix || Date.now() - found.mtimeMs > abandonedAfter || !isAlive(owner);
    if (!isFree) continue;
    // Renaming is atomic: of two takers one succeeds.
    const isMine = await rename(candidate, part).then(
      () => true,
      () => false,
    );
    if (isMine) break;
  }
  return part;
}

/** Leaves what was fetched for the next attempt, of this process or another. */
export async function leavePart(part: string, path: string): Promise<void> {
  await rename(part, `${path}.part`).catch(() => undefined);
}

/** What was written to the file is on the disk. */
export async function flushFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
