import { AlidadeError } from '../../core/alidadeError';
import { ClientTurns } from './clientTurns';

interface Waiting {
  readonly client: string;
  start(): Promise<void>;
  refuse(error: unknown): void;
}

/** One task at a time, the clients in turn. */
export class TurnQueue {
  readonly #waiting = new ClientTurns<Waiting>();
  #isRunning = false;

  /**
   * Runs the task when its turn comes. Cancelled while it waits, it never starts; while it runs, it has the signal.
   * @throws AlidadeError `cancelled`, or whatever the task throws.
   */
  run<Result>(
    { client, signal }: { readonly client: string; readonly signal: AbortSignal },
    task: () => Promise<Result>,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const onAbort = (): void => {
        if (this.#waiting.remove(job)) reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
      };
      const job: Waiting = {
        client,
        start: async () => {
          signal.removeEventListener('abort', onAbort);
          await task().then(resolve, reject);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      this.#waiting.add(job);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      void this.#drain();
    });
  }

  /** Refuses everything that has not begun. */
  refuseWaiting(error: Error): void {
    for (const job of this.#waiting.list().flat()) {
      this.#waiting.remove(job);
      job.refuse(error);
    }
  }

  async #drain(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) await next.start();
    this.#isRunning = false;
  }

  #next(): Waiting | undefined {
    const job = this.#waiting.list()[0]?.[0];
    if (job === undefined) return undefined;
    this.#waiting.remove(job);
    this.#waiting.pass(job.client);
    return job;
  }
}
