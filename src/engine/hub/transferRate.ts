/** Milliseconds over which the rate is taken. */
const window = 10_000;

/** How fast bytes come, over the last seconds. */
export class TransferRate {
  readonly #now: () => number;
  /** Moments and the bytes that had come by then, oldest first. */
  readonly #samples: { readonly time: number; readonly bytes: number }[] = [];

  /** @param now milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param bytes that have come in all. */
  add(bytes: number): void {
    const time = this.#now();
    const last = this.#samples.at(-1);
    // A file that is begun again takes bytes away.
    if (last !== undefined && bytes < last.bytes) this.#samples.length = 0;
    if (last !== undefined && time - last.time < 100 && 1 < this.#samples.length) this.#samples.pop();
    this.#samples.push({ time, bytes });
    while (2 < this.#samples.length && window < time - this.#samples[1].time) this.#samples.shift();
  }

  /** Bytes a second; null in the first second. */
  get perSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.time - first.time < 1000) return null;
    return (1000 * (last.bytes - first.bytes)) / (last.time - first.time);
  }
}
