import { studentQuantile } from './studentQuantile';

/** Two-sided 95 %. */
const upperProbability = 0.975;

/** Numbers that are no further apart are the same: a text's score may differ by as much from batch to batch. */
export const resolution = 1e-5;

/** A difference of means, and how far the data leave it open. */
export interface MeanDifference {
  /** Second minus first. */
  readonly difference: number;
  /** 95 % interval; null where the data do not say how much chance there is in them. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/**
 * The mean of paired differences with Student's t interval: mean ± t(n − 1) · s / √n.
 *
 * No interval is given for fewer than two pairs, nor where all differences are the same but not 0: no spread at all says
 * that the sample is too small or not random, not that the mean is certain.
 * Source: Student, "The probable error of a mean", Biometrika 6 (1908).
 */
export function pairedDifference(differences: readonly number[]): MeanDifference {
  const difference = mean(differences);
  if (1 < differences.length && differences.every(isZero)) return { difference: 0, interval: { low: 0, high: 0 } };
  if (!hasSpread(differences)) return { difference, interval: null };
  const error = Math.sqrt(variance(differences) / differences.length);
  return { difference, interval: intervalOf(difference, error, differences.length - 1) };
}

/**
 * The difference of the means of two samples that are not paired, with Welch's t interval.
 *
 * No interval where one of them has fewer than two values or no spread at all.
 * Source: B. L. Welch, "The generalization of 'Student's' problem …", Biometrika 34 (1947).
 */
export function unpairedDifference(first: readonly number[], second: readonly number[]): MeanDifference {
  const difference = mean(second) - mean(first);
  if (!hasSpread(first) || !hasSpread(second)) return { difference, interval: null };
  const [a, b] = [first, second].map((values) => variance(values) / values.length);
  const freedom = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  return { difference, interval: intervalOf(difference, Math.sqrt(a + b), freedom) };
}

export function isZero(difference: number): boolean {
  return Math.abs(difference) <= resolution;
}

/** NaN without values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Unbiased; NaN for fewer than two values. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function hasSpread(values: readonly number[]): boolean {
  return values.every(Number.isFinite) && values.some((value) => !isZero(value - values[0]));
}

function intervalOf(difference: number, error: number, freedom: number): MeanDifference['interval'] {
  const reach = studentQuantile(upperProbability, freedom) * error;
  return { low: difference - reach, high: difference + reach };
}
