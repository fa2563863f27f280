import { openFileByteSource, type FileByteSource } from './fileByteSource';

/** Gives an open file by its path; opened at the first call. */
export type OpenFile = (path: string) => Promise<FileByteSource>;

/** Keeps files open for the time of one function: a shard is opened once, however many tensors are read from it. */
export async function withOpenFiles<Result>(use: (open: OpenFile) => Promise<Result>): Promise<Result> {
  const files = new Map<string, Promise<FileByteSource>>();
  const open: OpenFile = (path) => {
    const opening = files.get(path) ?? openFileByteSource(path);
    files.set(path, opening);
    return opening;
  };
  try {
    return await use(open);
  } finally {
    for (const opening of files.values()) {
      // What could not be opened has been told to whoever asked for it.
      await opening.then(
        (source) => source.close(),
        () => undefined,
      );
    }
  }
}
