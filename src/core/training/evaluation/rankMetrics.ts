/**
 * Area under the ROC curve: the share of (positive, negative) pairs in which the positive scores higher, a tie counting
 * half. `targets` are 0 or 1. NaN when one class is missing.
 */
export function areaUnderRoc(scores: ArrayLike<number>, targets: ArrayLike<number>): number {
  const ranks = averageRanks(scores);
  let positives = 0;
  let rankSum = 0;
  for (let row = 0; row < ranks.length; row++) {
    if (targets[row] === 1) {
      positives++;
      rankSum += ranks[row];
    }
  }
  const negatives = ranks.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Spearman's rank correlation: Pearson's over average ranks. NaN when one side is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(averageRanks(a), averageRanks(b));
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, index) => index).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  let start = 0;
  while (start < order.length) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) {
      end++;
    }
    for (let position = start; position < end; position++) {
      ranks[order[position]] = (start + 1 + end) / 2;
    }
    start = end;
  }
  return ranks;
}

function pearson(a: Float64Array, b: Float64Array): number {
  const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
  const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
  let covariance = 0;
  let varianceA = 0;
  let varianceB = 0;
  for (let index = 0; index < a.length; index++) {
    covariance += (a[index] - meanA) * (b[index] - meanB);
    varianceA += (a[index] - meanA) ** 2;
    varianceB += (b[index] - meanB) ** 2;
  }
  return covariance / Math.sqrt(varianceA * varianceB);
}
