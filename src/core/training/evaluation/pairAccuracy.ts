import { proportionInterval } from '../../dataset/proportionInterval';
import type { PairAccuracy } from '../trainingReport';
import { effectiveSize } from './effectiveSize';

/**
 * The share of pairs that are in order, with Wilson's interval for as many pairs as there are independent ones.
 * @param outcomes [pairs], at least one: 1 in order, 0 not, ½ where a coin decides.
 * @param groups [pairs]
 */
export function pairAccuracy(outcomes: ArrayLike<number>, groups: readonly string[]): PairAccuracy {
  const n = outcomes.length;
  let right = 0;
  for (let pair = 0; pair < n; pair += 1) right += outcomes[pair];
  const size = effectiveSize(outcomes, groups);
  const accuracy = right / n;
  return {
    n,
    accuracy,
    interval: proportionInterval(right === n ? size : accuracy * size, size) ?? { low: 0, high: 1 },
  };
}

/** 1 where the chosen response scores strictly higher, else 0; [pairs]. */
export function outcomesOf(margins: ArrayLike<number>): Float64Array {
  return Float64Array.from(margins, (margin) => (0 < margin ? 1 : 0));
}
