import type { Progress } from '../../core/jobContext';

/** Bytes read, their rate and the time that is left. */
export class ByteProgress {
  readonly #message: string;
  readonly #total: number;
  readonly #report: (progress: Progress) => void;
  readonly #started = performance.now();
  #done = 0;

  /** @param total about: methods may need a pass more or fewer. */
  constructor(message: string, total: number, report: (progress: Progress) => void) {
    this.#message = message;
    this.#total = total;
    this.#report = report;
    report({ message, done: 0, total, unit: 'bytes' });
  }

  readonly add = (bytes: number): void => {
    this.#done = Math.min(this.#total, this.#done + bytes);
    const [message, done, total] = [this.#message, this.#done, this.#total];
    const perSecond = done / Math.max(1e-3, (performance.now() - this.#started) / 1000);
    const left = perSecond === 0 ? {} : { secondsLeft: (total - done) / perSecond };
    this.#report({ message, done, total, unit: 'bytes', perSecond, ...left });
  };
}
