import { countOf, describeDuration } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';

export interface DatasetProgressParams {
  /** Bytes of all inputs; null when one is not known. */
  readonly total: number | null;
  /** Milliseconds, from any beginning. */
  readonly now: () => number;
  readonly report: JobContext['progress'];
}

/** At most ten reports a second: they cross processes. */
const reportInterval = 100; // ms

/** Counts the rows of this session and foretells its end. */
export class DatasetProgress {
  readonly #params: DatasetProgressParams;
  readonly #begin: number;
  /** Share of the inputs that was scored before this session. */
  readonly #share: number;
  #reported = -Infinity;
  #rows = 0;
  #errors: number;
  #tokens = 0;
  readonly #rowsBefore: number;

  /** @param before what an interrupted run has already scored. */
  constructor(
    params: DatasetProgressParams,
    before: { readonly rows: number; readonly errors: number; readonly position: number },
  ) {
    this.#params = params;
    this.#begin = params.now();
    this.#share = this.#shareOf(before.position) ?? 0;
    this.#rowsBefore = before.rows;
    this.#errors = before.errors;
  }

  /** Since the session began. */
  get seconds(): number {
    return (this.#params.now() - this.#begin) / 1000;
  }

  /** @param position bytes of all inputs that lie before the end of the row. */
  addRow(row: { readonly tokens: number; readonly isError: boolean; readonly position: number }): void {
    this.#rows += 1;
    this.#tokens += row.tokens;
    if (row.isError) this.#errors += 1;
    const now = this.#params.now();
    if (now - this.#reported < reportInterval) return;
    this.#reported = now;
    const { total, report } = this.#params;
    const share = this.#shareOf(row.position);
    report({
      message: this.#describe(share),
      ...(total === null || share === null ? {} : { done: Math.round(share * total), total, unit: 'bytes' }),
    });
  }

  /** "120 rows, 3 errors, 4.1 rows/s, 900 tokens/s, 45 s left" */
  #describe(share: number | null): string {
    const { seconds } = this;
    const parts = [countOf(this.#rowsBefore + this.#rows, 'row')];
    if (0 < this.#errors) parts.push(countOf(this.#errors, 'error'));
    parts.push(`${perSecond(this.#rows, seconds)} rows/s`, `${perSecond(this.#tokens, seconds)} tokens/s`);
    if (share !== null && this.#share < share && share < 1) {
      parts.push(`${describeDuration((seconds * (1 - share)) / (share - this.#share))} left`);
    }
    return parts.join(', ');
  }

  /** Without a known total there is none, and no guess. */
  #shareOf(position: number): number | null {
    const { total } = this.#params;
    return total === null || total === 0 ? null : Math.min(1, position / total);
  }
}

/** "4.1", "1234" */
export function perSecond(count: number, seconds: number): string {
  const rate = count / Math.max(1e-3, seconds);
  return rate.toFixed(rate < 100 ? 1 : 0);
}
