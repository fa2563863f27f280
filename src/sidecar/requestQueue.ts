import { AlidadeError } from '../core/alidadeError';
import type { InteractiveWork } from './interactiveWork';

/** `run`: the batches of whole files, after everything that anybody looks at. */
export type RequestPriority = 'interactive' | 'background' | 'run';

interface QueuedTask {
  readonly run: () => Promise<void>;
  readonly onOvertaken: (() => void) | undefined;
}

export interface EnqueueOptions {
  readonly priority: RequestPriority;
  readonly signal: AbortSignal;
  /** Told when an interactive task comes while this one runs. */
  readonly onOvertaken?: () => void;
}

/**
 * One task at a time. Interactive tasks go before background ones, the newest interactive task first (the user has moved
 * on from the older ones); background tasks keep their order, and so do those of runs, which come last.
 */
export class RequestQueue {
  readonly #interactive: QueuedTask[] = [];
  readonly #background: QueuedTask[] = [];
  readonly #run: QueuedTask[] = [];
  readonly #work: InteractiveWork | undefined;
  #running: QueuedTask | null = null;
  #isDraining = false;

  /** @param work counts the interactive tasks of all queues. */
  constructor(work?: InteractiveWork) {
    this.#work = work;
  }

  /** Tasks that have not begun. */
  get waiting(): number {
    return this.#interactive.length + this.#background.length + this.#run.length;
  }

  /**
   * Runs the task when its turn comes. A task cancelled while it waits is removed at once; a running one has the signal.
   * @throws AlidadeError `cancelled`, or whatever the task throws.
   */
  enqueue<Result>(task: () => Promise<Result>, options: EnqueueOptions): Promise<Result> {
    if (options.priority !== 'interactive' || this.#work === undefined) return this.#enqueue(task, options);
    return this.#work.during(() => this.#enqueue(task, options));
  }

  #enqueue<Result>(task: () => Promise<Result>, { priority, signal, onOvertaken }: EnqueueOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelledError());
        return;
      }
      const list = this.#listOf(priority);
      const queued: QueuedTask = {
        run: async () => {
          signal.removeEventListener('abort', onAbort);
          await task().then(resolve, reject);
        },
        onOvertaken,
      };
      const onAbort = (): void => {
        const index = list.indexOf(queued);
        if (index !== -1) list.splice(index, 1);
        reject(cancelledError());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      list.push(queued);
      if (priority === 'interactive') this.#running?.onOvertaken?.();
      void this.#drain();
    });
  }

  #listOf(priority: RequestPriority): QueuedTask[] {
    switch (priority) {
      case 'interactive':
        return this.#interactive;
      case 'background':
        return this.#background;
      case 'run':
        return this.#run;
    }
  }

  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (0 < this.waiting) {
        // A run of the model blocks the event loop: read what has arrived meanwhile (cancellations, newer requests)
        // before choosing the next task.
        await eventLoopTurn();
        const next = this.#interactive.pop() ?? this.#background.shift() ?? this.#run.shift();
        this.#running = next ?? null;
        await next?.run();
        this.#running = null;
      }
    } finally {
      this.#isDraining = false;
    }
  }
}

function cancelledError(): AlidadeError {
  return new AlidadeError({ code: 'cancelled', message: 'cancelled' });
}

/** Two passes of the event loop: one reads the channel, the next one dispatches what was read. */
async function eventLoopTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}
