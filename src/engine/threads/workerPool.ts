import { Worker } from 'node:worker_threads';
import { AlidadeError } from '../../core/alidadeError';
import type { ErrorCode } from '../../core/alidadeError';

/** What a thread says while it works; see `answerTasks`. */
export type WorkerAnswer<Result> =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'done'; readonly result: Result }
  /** `code` of an AlidadeError, or of the system. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string; readonly hint?: string };

export interface PooledWork<Task, Result> {
  /** Plain data. */
  readonly tasks: readonly Task[];
  /** A built program that calls `answerTasks`. */
  readonly workerFile: string;
  /** What each thread is started with. Descriptors of files are those of the process: threads share them. */
  readonly workerData: unknown;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
  readonly onDone: (task: Task, result: Result) => void;
}

/**
 * Runs tasks in worker threads, in order as far as possible. When it returns or throws no thread is left.
 * @throws AlidadeError `cancelled`, or what a task failed with.
 */
export async function runInWorkers<Task, Result>(work: PooledWork<Task, Result>): Promise<void> {
  const { workerData, workerFile, signal } = work;
  const count = Math.min(work.workers, work.tasks.length);
  const workers = Array.from({ length: count }, () => new Worker(workerFile, { workerData }));
  const queue = [...work.tasks];
  let stop = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    stop = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    await Promise.race([cancelled, Promise.all(workers.map((worker) => feed(worker, queue, work)))]);
  } finally {
    signal.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Gives a worker one task after the other until there are none. */
function feed<Task, Result>(
  worker: Worker,
  queue: Task[],
  { onRead, onDone }: PooledWork<Task, Result>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let task: Task | undefined;
    const next = (): void => {
      task = queue.shift();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on('message', (answer: WorkerAnswer<Result>) => {
      try {
        if (answer.kind === 'read') {
          onRead(answer.bytes);
        } else if (answer.kind === 'failed') {
          reject(failure(answer));
        } else {
          if (task !== undefined) onDone(task, answer.result);
          next();
        }
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread ended with ${code} before its work was done`)));
    next();
  });
}

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  'weights',
  'format',
  'not_found',
  'permission',
  'unsupported',
  'no_space',
  'internal',
]);

function failure({ message, code, hint }: WorkerAnswer<unknown> & { readonly kind: 'failed' }): Error {
  if (code !== undefined && codes.has(code)) return new AlidadeError({ code: code as ErrorCode, message, hint });
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
