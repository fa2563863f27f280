import { parentPort } from 'node:worker_threads';
import { AlidadeError } from '../../core/alidadeError';
import type { WorkerAnswer } from './workerPool';

/**
 * In a thread of `runInWorkers`: takes its tasks one by one, and says what it has done.
 * @param run yields the bytes that were read since the last time, and in the end gives the result of the task.
 */
export function answerTasks<Task, Result>(run: (task: Task) => Generator<number, Result>): void {
  const answer = (message: WorkerAnswer<Result>): void => parentPort?.postMessage(message);
  parentPort?.on('message', (task: Task) => {
    try {
      const steps = run(task);
      for (;;) {
        const { done, value } = steps.next();
        if (done === true) {
          answer({ kind: 'done', result: value });
          return;
        }
        answer({ kind: 'read', bytes: value });
      }
    } catch (error) {
      answer({ kind: 'failed', ...describe(error) });
    }
  });
}

function describe(error: unknown): { readonly message: string; readonly code?: string; readonly hint?: string } {
  if (error instanceof AlidadeError) {
    const { message, code, hint } = error;
    return { message, code, ...(hint === undefined ? {} : { hint }) };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...('code' in error ? { code: String(error.code) } : {}) };
}
