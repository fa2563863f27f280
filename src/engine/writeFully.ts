import type { FileHandle } from 'node:fs/promises';

/** Writes all of some bytes at a place of a file; the system may take them in pieces. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
