import type { Interval } from './headEvaluation';
import { effectiveSize } from './effectiveSize';
import { areaUnderRoc, averageRanks, spearman } from './rankMetrics';

/** Two-sided 95 %: the quantile of the normal distribution. */
const z = 1.959963984540054;

export interface RankFigureParams {
  readonly metric: 'AUC' | 'Spearman';
  readonly scores: Float64Array; // [rows]
  /** 0 and 1 for `AUC`. */
  readonly targets: Float64Array; // [rows]
  readonly groups: readonly string[]; // [rows]
}

/** How well scores rank targets, with its 95 % interval; null where that cannot be told: one class, or constant values. */
export function rankFigure(params: RankFigureParams): { readonly value: number; readonly interval: Interval } | null {
  return params.metric === 'AUC' ? areaFigure(params) : spearmanFigure(params);
}

/**
 * The interval is the set of areas θ that are no further from the one found than z standard errors at θ, which stays
 * within 0 and 1 and is sound for few rows.
 * Source: R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann–Whitney statistic. Part 2",
 * Statistics in Medicine 25 (2006), method 5; groups as DeLong's components (Biometrics 44, 1988) are spread over them.
 */
function areaFigure({ scores, targets, groups }: RankFigureParams): ReturnType<typeof rankFigure> {
  const value = areaUnderRoc(scores, targets);
  if (!Number.isFinite(value)) return null;
  const positives = targets.reduce((count, target) => count + target, 0);
  const influences = areaInfluences({ scores, targets, positives });
  const scale = effectiveSize(influences, groups) / scores.length;
  const [m, n] = [positives * scale, (scores.length - positives) * scale];
  const typical = (m + n) / 2;
  const deviates = (area: number): boolean => {
    const spread = 1 + (typical - 1) * ((1 - area) / (2 - area) + area / (1 + area));
    return z * Math.sqrt((area * (1 - area) * Math.max(0, spread)) / (m * n)) < Math.abs(value - area);
  };
  return { value, interval: { low: boundary(0, value, deviates), high: boundary(1, value, deviates) } };
}

/** How far each row moves the area; [rows]. */
function areaInfluences({
  scores,
  targets,
  positives,
}: Pick<RankFigureParams, 'scores' | 'targets'> & { readonly positives: number }): Float64Array {
  const ranks = averageRanks(scores);
  const within = new Float64Array(scores.length);
  for (const side of [0, 1]) {
    const rows = [...targets.keys()].filter((row) => targets[row] === side);
    const own = averageRanks(rows.map((row) => scores[row]));
    rows.forEach((row, index) => (within[row] = own[index]));
  }
  const negatives = scores.length - positives;
  const raw = ranks.map((rank, row) =>
    targets[row] === 1 ? (rank - within[row]) / negatives : 1 - (rank - within[row]) / positives,
  );
  const means = [0, 1].map((side) => {
    const count = side === 1 ? positives : negatives;
    return raw.reduce((sum, part, row) => sum + (targets[row] === side ? part : 0), 0) / count;
  });
  return raw.map((part, row) => (targets[row] === 1 ? (part - means[1]) / positives : (part - means[0]) / negatives));
}

/** The last area on the way from the value found to the end of the scale that does not deviate. */
function boundary(end: 0 | 1, value: number, deviates: (area: number) => boolean): number {
  if (!deviates(end)) return end;
  let [inside, outside] = [value, end as number];
  for (let step = 0; step < 60; step += 1) {
    const middle = (inside + outside) / 2;
    if (deviates(middle)) outside = middle;
    else inside = middle;
  }
  return inside;
}

/**
 * The interval by Fisher's transformation with the standard error √((1 + ρ²/2) / (n − 3)).
 * Source: D. G. Bonett and T. A. Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman
 * correlations", Psychometrika 65 (2000).
 */
function spearmanFigure({ scores, targets, groups }: RankFigureParams): ReturnType<typeof rankFigure> {
  const value = scores.length < 2 ? NaN : spearman(scores, targets);
  if (!Number.isFinite(value)) return null;
  const size = effectiveSize(spearmanInfluences({ scores, targets, value }), groups);
  if (size <= 3) return { value, interval: { low: -1, high: 1 } };
  // A perfect order has no finite transform: it counts as one in which two neighbours have changed places.
  const most = 1 - 12 / (size * (size * size - 1));
  const centre = Math.atanh(Math.min(Math.max(value, -most), most));
  const reach = z * Math.sqrt((1 + (value * value) / 2) / (size - 3));
  return {
    value,
    interval: { low: Math.min(value, Math.tanh(centre - reach)), high: Math.max(value, Math.tanh(centre + reach)) },
  };
}

/** Those of Pearson's correlation over ranks: z₁z₂ − ρ(z₁² + z₂²)/2; [rows]. */
function spearmanInfluences({
  scores,
  targets,
  value,
}: Pick<RankFigureParams, 'scores' | 'targets'> & { readonly value: number }): Float64Array {
  const [a, b] = [standardScores(averageRanks(scores)), standardScores(averageRanks(targets))];
  return a.map((x, row) => x * b[row] - (value * (x * x + b[row] * b[row])) / 2);
}

function standardScores(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}
