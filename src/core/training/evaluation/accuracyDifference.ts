import type { PairAccuracy } from '../trainingReport';
import type { Interval } from './headEvaluation';
import { pairAccuracy } from './pairAccuracy';

/**
 * The difference of two accuracies on the same pairs, first minus second, with an interval that holds for few pairs and at
 * the ends of the scale: Wilson's intervals of both, put together with the correlation φ of the outcomes.
 * Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
 * data", Statistics in Medicine 17 (1998), method 8 (without the correction of φ).
 * @param first [pairs] outcomes: 1, ½ or 0
 * @param groups [pairs]
 */
export function accuracyDifference(
  first: Float64Array,
  second: Float64Array,
  groups: readonly string[],
): { readonly difference: number; readonly interval: Interval } {
  const [a, b] = [pairAccuracy(first, groups), pairAccuracy(second, groups)];
  const difference = a.accuracy - b.accuracy;
  const phi = correlation(first, second, a, b);
  const reach = (x: number, y: number): number => Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  return {
    difference,
    interval: {
      low: difference - reach(a.accuracy - a.interval.low, b.interval.high - b.accuracy),
      high: difference + reach(a.interval.high - a.accuracy, b.accuracy - b.interval.low),
    },
  };
}

/** Pearson's; 0 where one side is constant. */
function correlation(first: Float64Array, second: Float64Array, a: PairAccuracy, b: PairAccuracy): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let pair = 0; pair < first.length; pair += 1) {
    const [x, y] = [first[pair] - a.accuracy, second[pair] - b.accuracy];
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}
