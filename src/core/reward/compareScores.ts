import { spearman } from '../training/evaluation/rankMetrics';

/** How far scores in another number format are from those in F32. */
export interface ScoreComparison {
  readonly scores: number;
  /** max |score − reference| */
  readonly largestDifference: number;
  readonly meanDifference: number;
  /** Standard deviation of the reference scores: what a difference has to be seen against. */
  readonly spread: number;
  /** Pairs of scores that the reference tells apart by more than the noise bound. */
  readonly decidedPairs: number;
  /** The share of them that comes out in the same order; null: there is no decided pair. */
  readonly rankAgreement: number | null;
  /** Spearman's rank correlation; null where one side is constant. */
  readonly spearman: number | null;
}

/** Two scores closer than this share of the spread count as undecided. */
const NOISE_BOUND = 0.01;

/**
 * Compares scores of the same texts in the same order. All pairs of texts are looked at; a tie in a decided pair does
 * not agree.
 * @throws RangeError when the lengths differ.
 */
export function compareScores(
  reference: readonly number[],
  scores: readonly number[],
  noiseBound: number = NOISE_BOUND,
): ScoreComparison {
  if (reference.length !== scores.length) {
    throw new RangeError(`${scores.length} scores against ${reference.length}`);
  }
  const count = reference.length;
  const differences = reference.map((value, index) => Math.abs(scores[index] - value));
  const spread = standardDeviation(reference);
  const { decided, agreed } = countAgreement(reference, scores, noiseBound * spread);
  const correlation = spearman(reference, scores);
  return {
    scores: count,
    largestDifference: differences.reduce((most, value) => Math.max(most, value), 0),
    meanDifference: count === 0 ? 0 : differences.reduce((sum, value) => sum + value, 0) / count,
    spread,
    decidedPairs: decided,
    rankAgreement: decided === 0 ? null : agreed / decided,
    spearman: Number.isFinite(correlation) ? correlation : null,
  };
}

function countAgreement(
  reference: readonly number[],
  scores: readonly number[],
  noise: number,
): { readonly decided: number; readonly agreed: number } {
  let decided = 0;
  let agreed = 0;
  for (const [first, value] of reference.entries()) {
    for (let second = first + 1; second < reference.length; second += 1) {
      const difference = value - reference[second];
      if (Math.abs(difference) <= noise) continue;
      decided += 1;
      const other = scores[first] - scores[second];
      if (0 < difference * other) agreed += 1;
    }
  }
  return { decided, agreed };
}

function standardDeviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
