/** Random access to the bytes of one file: the only I/O that the format readers know. */
export interface ByteSource {
  /** Shown in errors. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`.
   * @throws when the range is not inside the file; readers check first, so this means the file changed under them.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}
