import { seededRandom } from '../../seededRandom';
import { GaussianProcess, type Belief } from './gaussianProcess';
import { distanceOf, firstRatios, ratiosBetween, ratiosNear, sampleRatios, type RatioSpace } from './ratioSpace';

/** Ratios that have been tried, and what came of them. */
export interface Evaluation {
  readonly ratios: readonly number[];
  /** One or two figures of which more is better. */
  readonly values: readonly number[];
}

export interface ProposeParams {
  readonly space: RatioSpace;
  readonly seed: number;
  /** In the order in which they were proposed. */
  readonly evaluations: readonly Evaluation[];
}

/** Ratios nearer to each other than this are the same. */
const nearest = 0.004;
const candidateCount = 600;

/**
 * What to try next: first plain averages and contrasts of blocks, then what promises most for the front. Beliefs about
 * the figures come from a Gaussian process on a mixture of them whose weights change from trial to trial, so that the
 * front is approached all along, and the candidate with the largest expected improvement is taken (ParEGO: Knowles, 2006;
 * with one figure, efficient global optimisation: Jones, Schonlau and Welch, 1998). The same evaluations and seed give the
 * same proposal. null: nothing new is left to try.
 */
export function proposeRatios({ space, seed, evaluations }: ProposeParams): readonly number[] | null {
  const isNew = (ratios: readonly number[]): boolean =>
    evaluations.every((evaluation) => nearest < distanceOf(evaluation.ratios, ratios));
  const start = firstRatios(space).find(isNew);
  if (start !== undefined) return start;
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(evaluations.length + 1, 0x85ebca6b));
  // Neighbouring seeds begin alike.
  for (let skipped = 0; skipped < 8; skipped += 1) random();
  const losses = mixedLosses(
    evaluations.map(({ values }) => values),
    weightOf(evaluations.length + seed),
  );
  const process = new GaussianProcess(
    evaluations.map(({ ratios }) => ratios),
    losses,
  );
  const least = Math.min(...losses);
  const order = losses.map((_, index) => index).sort((one, other) => losses[one] - losses[other]);
  const best = order.slice(0, 4).map((index) => evaluations[index].ratios);
  let chosen: readonly number[] | null = null;
  let most = -Infinity;
  const consider = (ratios: readonly number[]): void => {
    if (!isNew(ratios)) return;
    const promise = expectedImprovement(process.at(ratios), least);
    if (most < promise) [chosen, most] = [ratios, promise];
  };
  for (let count = 0; count < candidateCount; count += 1) {
    const parent = best[count % best.length];
    const other = best[Math.floor(random() * best.length)];
    if (count % 3 === 0) consider(sampleRatios(space, random));
    else if (count % 3 === 1) consider(ratiosNear(space, parent, 0.3 * random() ** 2, random));
    else consider(ratiosBetween(space, parent, other, 2 * random() - 0.5));
  }
  for (let scale = 0.1; chosen !== null && 0.002 < scale; scale *= 0.7) {
    for (let count = 0; count < 20; count += 1) consider(ratiosNear(space, chosen, scale, random));
  }
  return chosen;
}

/** From 0 to 1, spread evenly however many there are (van der Corput). */
function weightOf(index: number): number {
  let [weight, share] = [0, 0.5];
  for (let rest = index + 1; 0 < rest; rest = Math.floor(rest / 2)) {
    weight += share * (rest % 2);
    share /= 2;
  }
  return weight;
}

/** Augmented Tchebycheff distance from the best of each figure, each divided by its range; less is better. */
function mixedLosses(values: readonly (readonly number[])[], weight: number): readonly number[] {
  const count = values[0]?.length ?? 1;
  const weights = count === 1 ? [1] : [weight, 1 - weight];
  const ranges = weights.map((_, figure) => {
    const column = values.map((row) => row[figure]);
    return { best: Math.max(...column), worst: Math.min(...column) };
  });
  return values.map((row) => {
    const parts = weights.map((share, figure) => {
      const { best, worst } = ranges[figure];
      return best === worst ? 0 : (share * (best - row[figure])) / (best - worst);
    });
    return Math.max(...parts) + 0.05 * parts.reduce((sum, part) => sum + part, 0);
  });
}

/** How much less than `least` is to be expected; below zero, and still in order, where hardly anything is. */
function expectedImprovement({ mean, deviation }: Belief, least: number): number {
  if (deviation <= 1e-12) return Math.min(0, least - mean);
  const distance = (least - mean) / deviation;
  const density = Math.exp(-0.5 * distance * distance) / Math.sqrt(2 * Math.PI);
  const improvement = deviation * (distance * normalShare(distance) + density);
  return 1e-12 < improvement ? improvement : -1 / (1 + deviation);
}

/** The share of a normal distribution below a value (Abramowitz and Stegun 7.1.26; within 1.5e-7). */
function normalShare(value: number): number {
  const x = Math.abs(value) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x);
  return value < 0 ? tail / 2 : 1 - tail / 2;
}
