import { Worker } from 'node:worker_threads';
import { AlidadeError } from '../../core/alidadeError';
import type { ErrorCode } from '../../core/alidadeError';
import type { QuantisationLoss } from '../../core/quantisation/quantisationLoss';
import type { ConversionTask } from './conversionTask';

/** What a worker is started with. */
export interface WorkerStart {
  /** Descriptor of the file that is made: threads share the descriptors of their process. */
  readonly target: number;
}

export type WorkerAnswer =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'done'; readonly loss: QuantisationLoss | null }
  /** `code` of an AlidadeError, or of the system. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string; readonly hint?: string };

export interface PooledWork {
  readonly tasks: readonly ConversionTask[];
  readonly target: number;
  /** The built src/engine/onnx/weightWorker.ts. */
  readonly workerFile: string;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
  readonly onDone: (task: ConversionTask, loss: QuantisationLoss | null) => void;
}

/**
 * Runs tasks in worker threads, in order as far as possible. When it returns or throws no thread is left.
 * @throws AlidadeError `cancelled`, or what a task failed with.
 */
export async function runInWorkers(work: PooledWork): Promise<void> {
  const workerData: WorkerStart = { target: work.target };
  const count = Math.min(work.workers, work.tasks.length);
  const workers = Array.from({ length: count }, () => new Worker(work.workerFile, { workerData }));
  const queue = [...work.tasks];
  let stop = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    stop = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
    work.signal.addEventListener('abort', stop, { once: true });
    if (work.signal.aborted) stop();
  });
  try {
    await Promise.race([cancelled, Promise.all(workers.map((worker) => feed(worker, queue, work)))]);
  } finally {
    work.signal.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Gives a worker one task after the other until there are none. */
function feed(worker: Worker, queue: ConversionTask[], { onRead, onDone }: PooledWork): Promise<void> {
  return new Promise((resolve, reject) => {
    let task: ConversionTask | undefined;
    const next = (): void => {
      task = queue.shift();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'read') {
        onRead(answer.bytes);
      } else if (answer.kind === 'failed') {
        reject(failure(answer));
      } else {
        if (task !== undefined) onDone(task, answer.loss);
        next();
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread that converts weights ended with ${code}`)));
    next();
  });
}

const codes: ReadonlySet<string> = new Set<ErrorCode>(['weights', 'format', 'not_found', 'permission', 'unsupported']);

function failure({ message, code, hint }: WorkerAnswer & { readonly kind: 'failed' }): Error {
  if (code !== undefined && codes.has(code)) return new AlidadeError({ code: code as ErrorCode, message, hint });
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
