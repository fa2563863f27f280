type Values = Float32Array | Float64Array;

/** What has been seen of a tensor's values. In doubles. */
export interface ValueSums {
  values: number;
  zeros: number;
  nan: number;
  infinite: number;
  /** Of the finite ones, as all that follow. */
  finite: number;
  min: number;
  max: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  spread: number;
  squares: number;
}

/** How often values occur, in bins of one width. */
export interface ValueHistogram {
  /** Lower end of the first bin, upper end of the last. */
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
  /** Finite values outside of the bins. */
  readonly below: number;
  readonly above: number;
}

/** Figures of a tensor's values; those that are null have no finite value to be of. */
export interface TensorStatistics {
  readonly values: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the values themselves, not of a population that they are drawn from. */
  readonly standardDeviation: number | null;
  /** Euclidean length of the finite values. */
  readonly norm: number;
  readonly histogram: ValueHistogram | null;
}

export function noValues(): ValueSums {
  return {
    values: 0,
    zeros: 0,
    nan: 0,
    infinite: 0,
    finite: 0,
    min: Infinity,
    max: -Infinity,
    mean: 0,
    spread: 0,
    squares: 0,
  };
}

/** Adds some values; means and spreads of parts are joined as in Chan, Golub and LeVeque (1979), so that little is lost. */
export function addToSums(sums: ValueSums, values: Values): void {
  let [zeros, nan, infinite, finite, sum, squares] = [0, 0, 0, 0, 0, 0];
  let { min, max } = sums;
  for (const value of values) {
    if (value - value !== 0) {
      if (Number.isNaN(value)) nan += 1;
      else infinite += 1;
      continue;
    }
    finite += 1;
    if (value === 0) zeros += 1;
    if (value < min) min = value;
    if (max < value) max = value;
    sum += value;
    squares += value * value;
  }
  sums.values += values.length;
  sums.zeros += zeros;
  sums.nan += nan;
  sums.infinite += infinite;
  sums.squares += squares;
  sums.min = min;
  sums.max = max;
  if (finite === 0) return;
  const mean = sum / finite;
  let spread = 0;
  for (const value of values) if (value - value === 0) spread += (value - mean) * (value - mean);
  const distance = mean - sums.mean;
  const together = sums.finite + finite;
  sums.spread += spread + (distance * distance * sums.finite * finite) / together;
  sums.mean += (distance * finite) / together;
  sums.finite = together;
}

const binCount = 64;
/** Standard deviations on both sides of the mean that are drawn: a few outliers would leave the rest in one bin. */
const drawnDeviations = 4;

/** Bins that are still empty, over the part of the range in which nearly all values lie; null: there are no values. */
export function emptyHistogram(sums: ValueSums): { low: number; high: number; counts: Float64Array } | null {
  if (sums.finite === 0) return null;
  const reach = drawnDeviations * Math.sqrt(sums.spread / sums.finite);
  const low = Math.max(sums.min, sums.mean - reach);
  const high = Math.min(sums.max, sums.mean + reach);
  if (!(low < high)) return { low: sums.mean, high: sums.mean, counts: new Float64Array(1) };
  return { low, high, counts: new Float64Array(binCount) };
}

/** Counts finite values into bins. @returns how many lie below and above them. */
export function addToHistogram(
  { low, high, counts }: { readonly low: number; readonly high: number; readonly counts: Float64Array },
  values: Values,
): { readonly below: number; readonly above: number } {
  const last = counts.length - 1;
  const perUnit = low < high ? counts.length / (high - low) : 0;
  let [below, above] = [0, 0];
  for (const value of values) {
    if (value - value !== 0) continue;
    if (perUnit === 0) counts[0] += 1;
    else if (value < low) below += 1;
    else if (high < value) above += 1;
    // The upper end belongs to the last bin.
    else counts[Math.min(last, Math.floor((value - low) * perUnit))] += 1;
  }
  return { below, above };
}

export function describeSums(sums: ValueSums, histogram: ValueHistogram | null): TensorStatistics {
  const { values, zeros, nan, infinite, finite, min, max, mean, spread, squares } = sums;
  const isEmpty = finite === 0;
  return {
    values,
    zeros,
    nan,
    infinite,
    min: isEmpty ? null : min,
    max: isEmpty ? null : max,
    mean: isEmpty ? null : mean,
    standardDeviation: isEmpty ? null : Math.sqrt(spread / finite),
    norm: Math.sqrt(squares),
    histogram,
  };
}
