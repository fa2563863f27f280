import { Worker } from 'node:worker_threads';
import { AlidadeError } from '../../core/alidadeError';
import type { ErrorCode } from '../../core/alidadeError';

/** What a thread says while it works; see `answerTasks`. */
export type WorkerAnswer<Result> =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'done'; readonly result: Result }
  /** `code` of an AlidadeError, or of the system. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string; readonly hint?: string };

export interface WorkerPoolParams {
  /** A built program that calls `answerTasks`. */
  readonly workerFile: string;
  /** What each thread is started with. Descriptors of files are those of the process: threads share them. */
  readonly workerData?: unknown;
  readonly workers: number;
  /** Memory for new objects of each thread, MB; default: as V8 likes, up to 48. */
  readonly youngMegabytes?: number;
}

export interface PooledWork<Task, Result> {
  /** Plain data. */
  readonly tasks: readonly Task[];
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
  readonly onDone: (task: Task, result: Result) => void;
}

/** Worker threads that run tasks. Close them. */
export class WorkerPool<Task, Result> {
  readonly #workers: readonly Worker[];

  constructor({ workerFile, workerData, workers, youngMegabytes }: WorkerPoolParams) {
    const resourceLimits = youngMegabytes === undefined ? {} : { maxYoungGenerationSizeMb: youngMegabytes };
    this.#workers = Array.from({ length: workers }, () => new Worker(workerFile, { workerData, resourceLimits }));
  }

  /**
   * Runs tasks in order as far as possible. After a failure threads may still be at work until they are closed.
   * @throws AlidadeError `cancelled`, or what a task or a function of `work` failed with.
   */
  async run(work: PooledWork<Task, Result>): Promise<void> {
    const { signal } = work;
    const queue = [...work.tasks];
    let stop = (): void => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      stop = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
    try {
      await Promise.race([cancelled, Promise.all(this.#workers.map((worker) => feed(worker, queue, work)))]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** No thread is left afterwards. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/**
 * Runs tasks in worker threads of their own. When it returns or throws no thread is left.
 * @throws AlidadeError `cancelled`, or what a task failed with.
 */
export async function runInWorkers<Task, Result>(params: WorkerPoolParams & PooledWork<Task, Result>): Promise<void> {
  const workers = Math.min(params.workers, params.tasks.length);
  const pool = new WorkerPool<Task, Result>({ ...params, workers });
  try {
    await pool.run(params);
  } finally {
    await pool.close();
  }
}

/** Gives a worker one task after the other until there are none. */
function feed<Task, Result>(
  worker: Worker,
  queue: Task[],
  { onRead, onDone }: PooledWork<Task, Result>,
): Promise<void> {
  let [onMessage, onError, onExit] = [(_: WorkerAnswer<Result>): void => undefined, noHandler, noHandler];
  const fed = new Promise<void>((resolve, reject) => {
    let task: Task | undefined;
    const next = (): void => {
      task = queue.shift();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    onMessage = (answer) => {
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
    };
    onError = reject;
    onExit = (code) => reject(new Error(`a thread ended with ${String(code)} before its work was done`));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    next();
  });
  return fed.finally(() => {
    worker.off('message', onMessage);
    worker.off('error', onError);
    worker.off('exit', onExit);
  });
}

const noHandler = (_: unknown): void => undefined;

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
