import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mostMergeThreads } from '../../core/merging/plan/mergeCosts';
import { createMergeKernels } from '../../core/merging/methods/mergeKernels';
import { mergeTensor } from '../../core/merging/methods/mergeTensor';
import { OpenFiles } from '../checkpoint/openFiles';
import { runHere } from '../threads/runHere';
import { WorkerPool } from '../threads/workerPool';
import type { PooledWork } from '../threads/workerPool';
import { roomBytes, runMergeTask } from './mergeTask';
import type { MergeTask, MergeTaskResult, MergeTools } from './mergeTask';

export interface MergeThreadsParams {
  /** Default: `defaultMergeThreads`. */
  readonly threads?: number | undefined;
  /**
   * The built mergeWorker.ts, to be used however little there is to do; null: no threads. By default the one beside the
   * program that runs, where there is much to do.
   */
  readonly workerFile?: string | null | undefined;
}

/** Bytes that are merged sooner than threads for them are started. */
const FEW_BYTES = 16e6;
/** A thread makes nothing but views of its memory, so that collecting them often costs nothing. */
const YOUNG_MEGABYTES = 2;

/** Threads that a merge uses where it is not told: more would wait for the disk, and take memory. */
export function defaultMergeThreads(): number {
  return Math.min(mostMergeThreads, availableParallelism());
}

/**
 * Where the tensors of a merge are computed and read again: in threads when there is much to do, the same from beginning
 * to end, or in this one. Close them.
 */
export class MergeThreads {
  readonly #pool: WorkerPool<MergeTask, MergeTaskResult> | null;
  readonly #sources = new OpenFiles();
  #tools: MergeTools | null = null;

  /** @param bytes that will be read, about. */
  constructor({ threads = defaultMergeThreads(), workerFile }: MergeThreadsParams, bytes: number) {
    const file = workerFile === undefined ? defaultWorkerFile(bytes) : workerFile;
    this.#pool =
      file === null ? null : new WorkerPool({ workerFile: file, workers: threads, youngMegabytes: YOUNG_MEGABYTES });
  }

  /** @throws AlidadeError `cancelled`, and what `runMergeTask` and the functions of `work` throw. */
  run(work: PooledWork<MergeTask, MergeTaskResult>): Promise<void> {
    if (this.#pool !== null) return this.#pool.run(work);
    const tools = (this.#tools ??= createTools(this.#sources));
    return runHere({ ...work, run: (task) => runMergeTask(task, tools) });
  }

  async close(): Promise<void> {
    this.#sources.close();
    await this.#pool?.close();
  }
}

/** What a thread needs, made once. */
export function createTools({ open }: OpenFiles): MergeTools {
  const kernels = createMergeKernels();
  return { open, merge: (task, io) => mergeTensor(task, io, kernels), room: new Uint8Array(roomBytes) };
}

function defaultWorkerFile(bytes: number): string | null {
  const path = join(__dirname, 'mergeWorker.js');
  return FEW_BYTES <= bytes && existsSync(path) ? path : null;
}
