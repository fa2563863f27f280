/** Losses on held-out rows for each penalty. */
export interface PenaltyLosses {
  readonly penalties: readonly number[];
  /** A mean for each fold, or a loss for each row of one validation split; [penalties][folds or rows]. */
  readonly losses: readonly ArrayLike<number>[];
}

/**
 * `best`: the penalty with the smallest mean loss, the first of several. `one_standard_error`: the largest penalty whose mean
 * loss is within one standard error of it (Breiman et al., Classification and Regression Trees, 1984, section 3.4.3): of
 * models that cannot be told apart, the least certain one.
 */
export function choosePenalty({ penalties, losses }: PenaltyLosses, choice: 'best' | 'one_standard_error'): number {
  const means = losses.map(mean);
  const best = means.indexOf(Math.min(...means));
  if (choice === 'best') return penalties[best];
  const limit = means[best] + standardError(losses[best]);
  return Math.max(...penalties.filter((_, index) => means[index] <= limit));
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum / values.length;
}

function standardError(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += (values[index] - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
