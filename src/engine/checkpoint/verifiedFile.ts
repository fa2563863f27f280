import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';

export interface FileIdentity {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

interface Marker {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly sha256: string;
}

/**
 * Whether a file is complete and has the right content. The answer is remembered beside it with the file's size and time of
 * change, so that the next question costs no reading.
 */
export async function isVerifiedFile(path: string, identity: FileIdentity, signal: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true || found.size !== identity.size) return false;
  const marker = await readMarker(path);
  if (marker?.size === found.size && marker.changedAt === found.mtimeMs && marker.sha256 === identity.sha256)
    return true;
  if ((await hashFile(path, signal)) !== identity.sha256) return false;
  await markVerified(path, identity.sha256);
  return true;
}

/** Remembers that the file, as it is now, has this hash. Failing to is no error: the file is read again next time. */
export async function markVerified(path: string, sha256: string): Promise<void> {
  try {
    const { size, mtimeMs } = await stat(path);
    const temporary = `${markerPath(path)}.${process.pid}`;
    await writeFile(temporary, JSON.stringify({ size, changedAt: mtimeMs, sha256 } satisfies Marker));
    await rename(temporary, markerPath(path));
  } catch {
    // A read-only cache.
  }
}

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function markerPath(path: string): string {
  return `${path}.verified.json`;
}

/** What stands in it is only compared, so it need not be checked; anything unreadable is no marker. */
async function readMarker(path: string): Promise<Partial<Marker> | null> {
  try {
    return JSON.parse(await readFile(markerPath(path), 'utf8')) as Partial<Marker> | null;
  } catch {
    return null;
  }
}
