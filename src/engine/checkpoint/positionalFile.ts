import { readSync, writeSync } from 'node:fs';
import { FormatError } from '../../core/formatError';

/** Where bytes are read from, for messages. */
export interface ReadPlace {
  readonly file: string;
  /** Name of the tensor. */
  readonly name: string;
  /** In the file, bytes. */
  readonly offset: number;
}

/**
 * Fills `bytes` from an open file.
 * @throws FormatError when the file ends before; errors of the system.
 */
export function readFully(descriptor: number, bytes: Uint8Array, { file, name, offset }: ReadPlace): void {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, offset + done);
    if (count === 0) {
      const problem = 'the file became shorter while it was read';
      throw new FormatError({ problem, file, tensor: name, offset: offset + done });
    }
    done += count;
  }
}

/** Writes all of `bytes` into an open file; the system may take them in pieces. @throws errors of the system. */
export function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
}
