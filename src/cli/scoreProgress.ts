import { countOf, formatDuration } from './formatQuantity';
import type { Input } from './openInput';

/** Counts the rows of a run and foretells its end. */
export class ScoreProgress {
  rows = 0;
  errors = 0;
  tokens = 0;
  readonly #now: () => number;
  readonly #start: number;
  /** Bytes of all inputs; null when one is not known. */
  readonly #total: number | null;
  /** Bytes of the inputs before the present one. */
  #before = 0;
  #present: Pick<Input, 'size'> | null = null;
  #position = 0;

  constructor({ inputs, now }: { readonly inputs: readonly Pick<Input, 'size'>[]; readonly now: () => number }) {
    this.#now = now;
    this.#start = now();
    this.#total = inputs.reduce<number | null>(
      (sum, { size }) => (sum === null || size === null ? null : sum + size),
      0,
    );
  }

  get seconds(): number {
    return (this.#now() - this.#start) / 1000;
  }

  startInput(input: Pick<Input, 'size'>): void {
    this.#before += this.#present?.size ?? 0;
    this.#present = input;
    this.#position = 0;
  }

  /** @param bytes of the present input that lie before the end of the row at hand. */
  reach(bytes: number): void {
    this.#position = bytes;
  }

  addRow({ tokens, isError }: { readonly tokens: number; readonly isError: boolean }): void {
    this.rows += 1;
    this.tokens += tokens;
    if (isError) this.errors += 1;
  }

  /** "120 rows, 4.1 rows/s, 38%, 45 s left" */
  describe(): string {
    const parts = [countOf(this.rows, 'row'), `${(this.rows / this.seconds).toFixed(1)} rows/s`];
    if (this.#total !== null && 0 < this.#total) {
      const share = Math.min(1, (this.#before + this.#position) / this.#total);
      parts.push(`${Math.floor(100 * share)}%`);
      if (0 < share && share < 1) parts.push(`${formatDuration((this.seconds * (1 - share)) / share)} left`);
    }
    return parts.join(', ');
  }

  /** "120 rows, 3 errors, 4.1 rows/s, 900 tokens/s" */
  describeTotal(): string {
    const rate = (count: number): string => (count / Math.max(1e-3, this.seconds)).toFixed(1);
    const errors = this.errors === 0 ? [] : [countOf(this.errors, 'error')];
    return [countOf(this.rows, 'row'), ...errors, `${rate(this.rows)} rows/s`, `${rate(this.tokens)} tokens/s`].join(
      ', ',
    );
  }
}
