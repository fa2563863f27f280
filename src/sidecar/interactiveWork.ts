/** What somebody is waiting for at this moment, whichever model it needs: generation makes way for it between two tokens. */
export class InteractiveWork {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** Counts the work until it has settled. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#waiting.splice(0).forEach((resume) => resume());
    }
  }

  /** Resolves when there is none, or when the signal aborts. */
  async idle(signal: AbortSignal): Promise<void> {
    while (0 < this.#count && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          signal.removeEventListener('abort', resume);
          resolve();
        };
        signal.addEventListener('abort', resume, { once: true });
        this.#waiting.push(resume);
      });
    }
  }
}
