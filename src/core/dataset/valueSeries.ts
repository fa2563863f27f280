import type { ValueStatistics } from './datasetOverview';
import { HistogramBuilder } from './histogram';

/** Count, mean, spread and distribution of values that come one by one. */
export class ValueSeries {
  readonly histogram = new HistogramBuilder();
  #count = 0;
  #mean = 0;
  /** Sum of squared differences from the mean (Welford). */
  #squares = 0;

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.histogram.add(value);
    this.#count += 1;
    const before = value - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (value - this.#mean);
  }

  get count(): number {
    return this.#count;
  }

  statistics(): ValueStatistics {
    return {
      count: this.#count,
      mean: this.#mean,
      deviation: this.#count === 0 ? 0 : Math.sqrt(this.#squares / this.#count),
      min: this.histogram.min,
      max: this.histogram.max,
    };
  }
}
