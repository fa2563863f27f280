import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { JobContext, Progress } from '../../core/jobContext';
import { createMergeKernels } from '../../core/merging/methods/mergeKernels';
import { mergeTensor } from '../../core/merging/methods/mergeTensor';
import { OpenFiles } from '../checkpoint/openFiles';
import { runHere } from '../threads/runHere';
import { runInWorkers } from '../threads/workerPool';
import { runMergeTask } from './mergeTask';
import type { MergeTask, MergeTaskResult, MergeThread } from './mergeTask';

/** How the work is spread. */
export interface MergeThreads {
  /** Default: `defaultMergeThreads`. */
  readonly threads?: number | undefined;
  /**
   * The built mergeWorker.ts, to be used however little there is to do; null: no threads. By default the one beside the
   * program that runs, where there is much to do.
   */
  readonly workerFile?: string | null | undefined;
}

export interface TensorsToMerge extends MergeThread, MergeThreads {
  readonly tasks: readonly MergeTask[];
  /** Bytes that the tasks will read, about. */
  readonly bytes: number;
  readonly progress: ByteProgress;
  readonly onDone: (task: MergeTask, result: MergeTaskResult) => void;
}

/** Bytes that are merged sooner than threads for them are started. */
const FEW_BYTES = 16e6;
/** More wait for the disk and take memory. */
const MOST_THREADS = 4;

/** Threads that a merge uses where it is not told. */
export function defaultMergeThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism());
}

/**
 * Writes tensors of the output, or reads them again, on all cores when there is much to do.
 * @throws AlidadeError `cancelled`, and what `runMergeTask` and `onDone` throw.
 */
export async function mergeTensors(params: TensorsToMerge, { signal }: Pick<JobContext, 'signal'>): Promise<void> {
  const { tasks, files, settings, bytes, progress, onDone } = params;
  const thread: MergeThread = { settings, files };
  const work = { tasks, signal, onRead: (count: number): void => progress.add(count), onDone };
  const workerFile = params.workerFile === undefined ? defaultWorkerFile(bytes) : params.workerFile;
  if (workerFile !== null) {
    await runInWorkers({ ...work, workerFile, workerData: thread, workers: params.threads ?? defaultMergeThreads() });
    return;
  }
  const sources = new OpenFiles();
  const kernels = createMergeKernels();
  try {
    await runHere({
      ...work,
      run: (task) =>
        runMergeTask(task, { ...thread, open: sources.open, merge: (tensor, io) => mergeTensor(tensor, io, kernels) }),
    });
  } finally {
    sources.close();
  }
}

function defaultWorkerFile(bytes: number): string | null {
  const path = join(__dirname, 'mergeWorker.js');
  return FEW_BYTES <= bytes && existsSync(path) ? path : null;
}

/** Bytes read, their rate and the time that is left. */
export class ByteProgress {
  readonly #message: string;
  readonly #total: number;
  readonly #report: (progress: Progress) => void;
  readonly #started = performance.now();
  #done = 0;

  constructor(message: string, total: number, report: (progress: Progress) => void) {
    this.#message = message;
    this.#total = total;
    this.#report = report;
    report({ message, done: 0, total, unit: 'bytes' });
  }

  /** Totals are estimates: methods may need a pass more or fewer. */
  add(bytes: number): void {
    this.#done = Math.min(this.#total, this.#done + bytes);
    const perSecond = this.#done / Math.max(1e-3, (performance.now() - this.#started) / 1000);
    const [message, done, total] = [this.#message, this.#done, this.#total];
    const secondsLeft = perSecond === 0 ? undefined : (total - done) / perSecond;
    this.#report({
      message,
      done,
      total,
      unit: 'bytes',
      perSecond,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    });
  }
}
