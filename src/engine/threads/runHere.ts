import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { PooledWork } from './workerPool';

export interface WorkHere<Task, Result> extends Pick<
  PooledWork<Task, Result>,
  'tasks' | 'signal' | 'onRead' | 'onDone'
> {
  /** As that of `answerTasks`. */
  readonly run: (task: Task) => Generator<number, Result>;
}

/**
 * Runs the tasks of `runInWorkers` in this thread, where there is so little to do that threads would only cost time.
 * @throws AlidadeError `cancelled`, or what a task failed with.
 */
export async function runHere<Task, Result>({
  tasks,
  signal,
  onRead,
  onDone,
  run,
}: WorkHere<Task, Result>): Promise<void> {
  for (const task of tasks) {
    const steps = run(task);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        onDone(task, step.value);
        break;
      }
      onRead(step.value);
      await nextTurn(); // lets a cancellation in
      throwIfCancelled(signal);
    }
  }
}
