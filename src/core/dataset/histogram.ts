/** One bar of a histogram: how many values of each series lie in `from` ≤ value < `to`; with one value alone both are that. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  /** One count for every series. */
  readonly counts: readonly number[];
}

/** The finest width, as a power of ten. */
const finestExponent = -9;

/** Fine bins that are kept; with the next finer width there would be more than these. */
const mostFineBins = 1000;

/** Above this a quotient is no exact integer any more. */
const largestIndex = 1e15;

/**
 * Counts values without knowing their range beforehand, in constant memory. The bins are a power of ten wide and become
 * coarser as the range grows; the result depends on the values alone, not on their order.
 */
export class HistogramBuilder {
  #exponent = finestExponent;
  #counts = new Map<number, number>();
  #first = Infinity;
  #last = -Infinity;
  #min = Infinity;
  #max = -Infinity;

  /** Values that are no finite number are not counted. */
  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    while (largestIndex < Math.abs(indexOf(value, this.#exponent))) this.#coarsen();
    let index = indexOf(value, this.#exponent);
    while (mostFineBins < Math.max(this.#last, index) - Math.min(this.#first, index) + 1) {
      this.#coarsen();
      index = indexOf(value, this.#exponent);
    }
    this.#first = Math.min(this.#first, index);
    this.#last = Math.max(this.#last, index);
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
  }

  /** Infinity when nothing was counted. */
  get min(): number {
    return this.#min;
  }

  /** -Infinity when nothing was counted. */
  get max(): number {
    return this.#max;
  }

  /** Width of the fine bins is 10^exponent. */
  get exponent(): number {
    return this.#exponent;
  }

  /** Index of each fine bin (its lower end is index × 10^exponent) and its count. */
  get fineBins(): ReadonlyMap<number, number> {
    return this.#counts;
  }

  #coarsen(): void {
    this.#exponent += 1;
    const merged = new Map<number, number>();
    for (const [index, count] of this.#counts) {
      const wider = Math.floor(index / 10);
      merged.set(wider, (merged.get(wider) ?? 0) + count);
    }
    this.#counts = merged;
    this.#first = Math.floor(this.#first / 10);
    this.#last = Math.floor(this.#last / 10);
  }
}

/**
 * Several series over the same bars, whose ends are round numbers: multiples of 1, 2 or 5 times a power of ten, so that
 * zero is always an end. Empty when nothing was counted.
 * @param mostBins from 2 to 40.
 */
export function buildHistogram(series: readonly HistogramBuilder[], mostBins: number): readonly HistogramBin[] {
  const min = Math.min(...series.map((builder) => builder.min));
  const max = Math.max(...series.map((builder) => builder.max));
  if (max < min) return [];
  if (min === max) return [{ from: min, to: max, counts: series.map(({ fineBins }) => sum(fineBins.values())) }];
  const finest = Math.max(...series.map((builder) => builder.exponent));
  const { step, exponent } = roundWidth({ min, max, mostBins, finest });
  const first = barOf(min, step, exponent);
  const length = barOf(max, step, exponent) - first + 1;
  const counts = series.map((builder) => {
    const bars = new Array<number>(length).fill(0);
    const fine = step * 10 ** (exponent - builder.exponent);
    for (const [index, count] of builder.fineBins) {
      const bar = Math.min(length - 1, Math.max(0, Math.floor(index / fine) - first));
      bars[bar] = (bars[bar] ?? 0) + count;
    }
    return bars;
  });
  return Array.from({ length }, (_, bar) => ({
    from: scaled((first + bar) * step, exponent),
    to: scaled((first + bar + 1) * step, exponent),
    counts: counts.map((bars) => bars[bar] ?? 0),
  }));
}

interface WidthParams {
  readonly min: number;
  readonly max: number;
  readonly mostBins: number;
  /** Exponent of the coarsest fine bins: bars cannot be narrower. */
  readonly finest: number;
}

function roundWidth({ min, max, mostBins, finest }: WidthParams): { readonly step: number; readonly exponent: number } {
  for (let exponent = Math.max(finest, Math.floor(Math.log10((max - min) / mostBins))); ; exponent += 1) {
    for (const step of [1, 2, 5]) {
      if (barOf(max, step, exponent) - barOf(min, step, exponent) < mostBins) return { step, exponent };
    }
  }
}

function barOf(value: number, step: number, exponent: number): number {
  return Math.floor(indexOf(value, exponent) / step);
}

function indexOf(value: number, exponent: number): number {
  return Math.floor(exponent < 0 ? value * 10 ** -exponent : value / 10 ** exponent);
}

/** Divided rather than multiplied, so that 3 × 10^-1 is 0.3. */
function scaled(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
