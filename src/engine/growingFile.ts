import { open, rm, type FileHandle } from 'node:fs/promises';
import { describeFileError } from './checkpoint/describeFileError';

/**
 * A file that is written at its end.
 * @throws AlidadeError `not_found` (folder), `permission`, `no_space`, from every method but `discard`.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #bytes: number;
  #isOpen = true;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** @param kept bytes at the beginning of a file that is there already; with 0 it may also not be there. */
  static async open(path: string, kept = 0): Promise<GrowingFile> {
    try {
      const file = await open(path, 0 < kept ? 'r+' : 'w');
      try {
        await file.truncate(kept);
      } catch (error) {
        await file.close();
        throw error;
      }
      return new GrowingFile(path, file, kept);
    } catch (error) {
      throw describeFileError(error, path);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      // The system may take them in pieces.
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#bytes + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw describeFileError(error, this.#path);
    }
    this.#bytes += bytes.length;
  }

  /** What was written is on the disk. */
  async sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      throw describeFileError(error, this.#path);
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }

  /** Removes the file. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }
}
