import { AlidadeError } from '../core/alidadeError';

export type RequestPriority = 'interactive' | 'background';

interface QueuedTask {
  readonly run: () => Promise<void>;
}

export interface EnqueueOptions {
  readonly priority: RequestPriority;
  readonly signal: AbortSignal;
}

/**
 * One task at a time. Interactive tasks go before background ones, the newest interactive task first (the user has moved
 * on from the older ones); background tasks keep their order.
 */
export class RequestQueue {
  readonly #interactive: QueuedTask[] = [];
  readonly #background: QueuedTask[] = [];
  #running = false;

  /** Tasks that have not begun. */
  get waiting(): number {
    return this.#interactive.length + this.#background.length;
  }

  /**
   * Runs the task when its turn comes. A task cancelled while it waits is removed at once; a running one has the signal.
   * @throws AlidadeError `cancelled`, or whatever the task throws.
   */
  enqueue<Result>(task: () => Promise<Result>, { priority, signal }: EnqueueOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelledError());
        return;
      }
      const list = priority === 'interactive' ? this.#interactive : this.#background;
      const queued: QueuedTask = {
        run: async () => {
          signal.removeEventListener('abort', onAbort);
          await task().then(resolve, reject);
        },
      };
      const onAbort = (): void => {
        const index = list.indexOf(queued);
        if (index !== -1) list.splice(index, 1);
        reject(cancelledError());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      list.push(queued);
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (0 < this.waiting) {
        // A run of the model blocks the event loop: read what has arrived meanwhile (cancellations, newer requests)
        // before choosing the next task.
        await eventLoopTurn();
        const next = this.#interactive.pop() ?? this.#background.shift();
        await next?.run();
      }
    } finally {
      this.#running = false;
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
