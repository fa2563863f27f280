import { open, type FileHandle } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { ByteSource } from '../../core/checkpoint/byteSource';
import { FormatError } from '../../core/formatError';
import { describeFileError } from './describeFileError';

/** One open file. Close it. */
export class FileByteSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  private handle: FileHandle | null;

  constructor(params: {
    readonly path: string;
    readonly size: number;
    readonly changedAt: number;
    readonly handle: FileHandle;
  }) {
    this.path = params.path;
    this.size = params.size;
    this.changedAt = params.changedAt;
    this.handle = params.handle;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.handle === null)
      throw new AlidadeError({ code: 'internal', message: `${this.path} was closed before it was read` });
    // Memory of its own, not zeroed first: every byte is written below.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    let done = 0;
    while (done < length) {
      // One call of the system reads at most 2 GB.
      const wanted = Math.min(length - done, 1 << 30);
      const { bytesRead } = await this.handle.read(bytes, done, wanted, offset + done);
      if (bytesRead === 0) {
        throw new FormatError({
          problem: 'the file became shorter while it was read',
          file: this.path,
          offset: offset + done,
        });
      }
      done += bytesRead;
    }
    return bytes;
  }

  /** May be called more than once. */
  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = null;
    await handle?.close();
  }
}

/**
 * Opens a file for reading.
 * @throws AlidadeError `not_found` or `permission`.
 */
export async function openFileByteSource(path: string): Promise<FileByteSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const found = await handle.stat();
    if (!found.isFile()) throw new AlidadeError({ code: 'not_found', message: `${path} is not a file` });
    return new FileByteSource({ path, size: found.size, changedAt: found.mtimeMs, handle });
  } catch (error) {
    await handle?.close();
    throw describeFileError(error, path);
  }
}

/** Opens a file for the time of one function. */
export async function withFile<Result>(
  path: string,
  use: (source: FileByteSource) => Promise<Result>,
): Promise<Result> {
  const source = await openFileByteSource(path);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
