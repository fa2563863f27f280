import { HttpError } from '../http/httpError';
import type { ServerLimits } from '../serverLimits';

/** A request's place among those that are being answered. */
export interface Place {
  /** @throws HttpError 429 when all bodies together are too large. */
  hold(bytes: number): void;
  leave(): void;
}

/** How much the last requests count in the mean time of an answer. */
const newShare = 0.1;

/** Takes as many requests as can wait, and refuses the rest at once. */
export class Admission {
  readonly #limits: Pick<ServerLimits, 'maxRequests' | 'maxHeldBytes'>;
  readonly #now: () => number;
  #requests = 0;
  #bytes = 0;
  /** Mean time between two answers, milliseconds. */
  #interval = 1000;
  #lastLeft: number | null = null;

  constructor(limits: Pick<ServerLimits, 'maxRequests' | 'maxHeldBytes'>, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws HttpError 429 */
  enter(): Place {
    if (this.#limits.maxRequests <= this.#requests) {
      throw this.#refusal(`${this.#requests} requests are waiting already`);
    }
    this.#requests += 1;
    let held = 0;
    let isInside = true;
    return {
      hold: (bytes) => {
        if (this.#limits.maxHeldBytes < this.#bytes + bytes) throw this.#refusal('the waiting requests are too large');
        held += bytes;
        this.#bytes += bytes;
      },
      leave: () => {
        if (!isInside) return;
        isInside = false;
        this.#requests -= 1;
        this.#bytes -= held;
        this.#measure();
      },
    };
  }

  #measure(): void {
    const now = this.#now();
    if (this.#lastLeft !== null) {
      const interval = Math.min(60_000, now - this.#lastLeft);
      this.#interval = (1 - newShare) * this.#interval + newShare * interval;
    }
    this.#lastLeft = now;
  }

  #refusal(why: string): HttpError {
    // By then about half of those that wait have been answered.
    const seconds = Math.ceil((this.#interval * this.#requests) / 2 / 1000);
    return new HttpError({
      status: 429,
      code: 'queue_full',
      message: `the queue is full: ${why}, try again later`,
      headers: { 'Retry-After': String(Math.max(1, Math.min(60, seconds))) },
    });
  }
}
