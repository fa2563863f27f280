import { join } from 'node:path';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { fetchBlob, type FetchBlobParams } from './fetchBlob';
import type { RepositoryFile } from './listRepository';
import { TransferRate } from './transferRate';

type TransferParts = Omit<FetchBlobParams, 'file' | 'onBytes'>;

/** Files fetched at the same time. */
const concurrency = 3;

/** Fetches files of one commit, and adds up how far they are. */
export class Transfer {
  /** Paths of the files that were not there. */
  readonly fetched = new Set<string>();
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  /** Where the content of a fetched file may lie. */
  placesOf({ blob, path }: RepositoryFile): readonly string[] {
    const { cache, commit } = this.#parts;
    return [cache.blobPath(blob.hash), join(cache.snapshotPath(commit), ...path.split('/'))];
  }

  async missingBytes(files: readonly RepositoryFile[]): Promise<number> {
    const { cache, commit } = this.#parts;
    let bytes = 0;
    for (const file of files) if (!(await cache.has(commit, file))) bytes += file.blob.size;
    return bytes;
  }

  async fetch(files: readonly RepositoryFile[], context: JobContext): Promise<void> {
    const { repository } = this.#parts.subject;
    const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
    const rate = new TransferRate();
    const done = new Map<string, number>();
    let all = 0;
    const report = (path: string, bytes: number): void => {
      all += bytes - (done.get(path) ?? 0);
      done.set(path, bytes);
      rate.add(all);
      const { perSecond } = rate;
      context.progress({
        message: `Fetching ${repository}`,
        done: all,
        total,
        unit: 'bytes',
        ...(perSecond === null || perSecond <= 0 ? {} : { perSecond, secondsLeft: (total - all) / perSecond }),
      });
    };
    // The first failure ends the others.
    const failure = new AbortController();
    const inner = { ...context, signal: AbortSignal.any([context.signal, failure.signal]) };
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < files.length) {
        const file = files[next++];
        const onBytes = (bytes: number): void => report(file.path, bytes);
        if (await fetchBlob({ ...this.#parts, file, onBytes }, inner)) this.fetched.add(file.path);
      }
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: concurrency }, () =>
        work().catch((error: unknown) => {
          failure.abort(error);
          throw error;
        }),
      ),
    );
    throwIfCancelled(context.signal);
    if (outcomes.some(({ status }) => status === 'rejected')) throw failure.signal.reason as Error;
  }
}
