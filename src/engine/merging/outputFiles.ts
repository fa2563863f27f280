import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedFile } from '../../core/merging/plan/mergePlan';
import { describeFileError } from '../checkpoint/describeFileError';
import type { TargetFile } from './mergeTask';

interface OpenFile extends TargetFile {
  readonly handle: FileHandle;
}

/**
 * The weight files of a merge, laid out before the first value is computed. Close them.
 * @throws AlidadeError `no_space`, `permission`, `not_found`, from every method but `close`.
 */
export class OutputFiles {
  /** By index of the plan's files. */
  readonly files: readonly TargetFile[];
  /** Whether a file was there, laid out alike. */
  readonly wereThere: readonly boolean[];
  readonly #open: readonly OpenFile[];

  private constructor(files: readonly OpenFile[], wereThere: readonly boolean[]) {
    this.files = files.map(({ path, descriptor }) => ({ path, descriptor }));
    this.wereThere = wereThere;
    this.#open = files;
  }

  /** @param isKept what an interrupted run has laid out stays as it is. */
  static async open(folder: string, planned: readonly PlannedFile[], isKept: boolean): Promise<OutputFiles> {
    const files: OpenFile[] = [];
    const wereThere: boolean[] = [];
    try {
      for (const file of planned) {
        const path = join(folder, file.name);
        const known = isKept ? await openAlike(path, file) : null;
        const handle = known ?? (await layOut(path, file));
        files.push({ path, handle, descriptor: handle.fd });
        wereThere.push(known !== null);
      }
      return new OutputFiles(files, wereThere);
    } catch (error) {
      await closeAll(files);
      throw error;
    }
  }

  /** What was written to these files is on the disk. */
  async sync(indices: Iterable<number>): Promise<void> {
    for (const index of indices) {
      const { handle, path } = this.#open[index];
      try {
        await handle.datasync();
      } catch (error) {
        throw describeFileError(error, path);
      }
    }
  }

  async close(): Promise<void> {
    await closeAll(this.#open);
  }
}

/** null unless the file begins as planned and has its length. */
async function openAlike(path: string, { header, bytes }: PlannedFile): Promise<FileHandle | null> {
  const handle = await open(path, 'r+').catch(() => null);
  if (handle === null) return null;
  const found = Buffer.alloc(header.length);
  try {
    const [{ size }, { bytesRead }] = [await handle.stat(), await handle.read(found, 0, found.length, 0)];
    if (size === bytes && bytesRead === header.length && found.equals(header)) return handle;
  } catch {
    // As any other file that is not the one.
  }
  await handle.close();
  return null;
}

async function layOut(path: string, { header, bytes }: PlannedFile): Promise<FileHandle> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, 'w+');
    await handle.writeFile(header);
    await handle.truncate(bytes);
    return handle;
  } catch (error) {
    await handle?.close();
    throw describeFileError(error, path);
  }
}

async function closeAll(files: readonly OpenFile[]): Promise<void> {
  for (const { handle } of files) await handle.close().catch(() => undefined);
}
