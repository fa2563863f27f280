import type { RewardBreakdown } from '../reward/rewardBreakdown';
import { isZero, mean, pairedDifference, unpairedDifference, type MeanDifference } from './meanDifference';

/** A scored answer, as far as versions of a prompt are compared by it. */
export type ComparedAnswer = Pick<RewardBreakdown, 'score' | 'objectives'> & {
  /** Tokens of the answer alone. */
  readonly responseTokens: number;
};

/** The scored answers of both versions to the same input; either list may be empty. */
export interface ComparedInput {
  readonly first: readonly ComparedAnswer[];
  readonly second: readonly ComparedAnswer[];
}

/**
 * What the intervals are over: `inputs`, so that they speak of other inputs too; `answers` to the only input, so that they
 * speak of other answers to that one; `none`: there are no intervals.
 */
export type IntervalBasis = 'inputs' | 'answers' | 'none';

/**
 * What can be said of a difference: `same`, not one pair differs; `unclear`, the interval includes 0; `higher` and `lower`
 * of the second version; `unknown`, there is no interval.
 */
export type Verdict = 'same' | 'unclear' | 'higher' | 'lower' | 'unknown';

/** One number that both versions have, over the inputs that both have answers to. */
export interface ComparedMeasure extends MeanDifference {
  /** Means over inputs of the mean over an input's answers. */
  readonly first: number;
  readonly second: number;
  readonly verdict: Verdict;
  /** By the mean over an input's answers: inputs on which the second version is higher, as high, and lower. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

export interface ComparedObjective {
  readonly name: string;
  /** The objective's value before weighting. */
  readonly reward: ComparedMeasure;
  /** What it adds to the score; the differences over all objectives add up to that of the score. */
  readonly contribution: ComparedMeasure;
}

/** Two versions of a prompt, by the scores of their answers; the second one against the first. */
export interface VersionComparison {
  /** Inputs to which both versions have scored answers. */
  readonly inputs: number;
  /** Scored answers to these inputs. */
  readonly answers: { readonly first: number; readonly second: number };
  readonly basis: IntervalBasis;
  readonly score: ComparedMeasure;
  readonly objectives: readonly ComparedObjective[];
  readonly responseTokens: ComparedMeasure;
  /**
   * The difference of the score in two parts, which add up to it: because the answers have other rewards, and because the
   * versions have other weights (a gate reads the prompt). null where the weights are the same.
   */
  readonly parts: { readonly rewards: number; readonly weights: number } | null;
}

/**
 * Compares the answers of two versions. Every input counts alike, however many answers it has.
 * @returns null where no input has answers of both versions.
 */
export function compareVersions(inputs: readonly ComparedInput[]): VersionComparison | null {
  const paired = inputs.filter(({ first, second }) => 0 < first.length && 0 < second.length);
  if (paired.length === 0) return null;
  const score = measure(paired, (answer) => answer.score);
  const names = paired[0].first[0].objectives.map(({ name }) => name);
  return {
    inputs: paired.length,
    answers: {
      first: paired.reduce((sum, { first }) => sum + first.length, 0),
      second: paired.reduce((sum, { second }) => sum + second.length, 0),
    },
    basis: 1 < paired.length ? 'inputs' : score.interval === null ? 'none' : 'answers',
    score,
    objectives: names.map((name, index) => ({
      name,
      reward: measure(paired, (answer) => answer.objectives[index]?.reward ?? NaN),
      contribution: measure(paired, (answer) => answer.objectives[index]?.contribution ?? NaN),
    })),
    responseTokens: measure(paired, (answer) => answer.responseTokens),
    parts: partsOf(paired, names.length),
  };
}

/** What the interval lets be said. */
export function verdictOf({ difference, interval }: MeanDifference): Verdict {
  if (interval === null) return 'unknown';
  if (interval.low === 0 && interval.high === 0 && difference === 0) return 'same';
  if (interval.low <= 0 && 0 <= interval.high) return 'unclear';
  return 0 < difference ? 'higher' : 'lower';
}

function measure(inputs: readonly ComparedInput[], valueOf: (answer: ComparedAnswer) => number): ComparedMeasure {
  const first = inputs.map((input) => mean(input.first.map(valueOf)));
  const second = inputs.map((input) => mean(input.second.map(valueOf)));
  const differences = second.map((value, index) => value - first[index]);
  const found =
    1 < inputs.length
      ? pairedDifference(differences)
      : unpairedDifference(inputs[0].first.map(valueOf), inputs[0].second.map(valueOf));
  return {
    ...found,
    first: mean(first),
    second: mean(second),
    verdict: verdictOf(found),
    wins: differences.filter((value) => 0 < value && !isZero(value)).length,
    ties: differences.filter(isZero).length,
    losses: differences.filter((value) => value < 0 && !isZero(value)).length,
  };
}

/** c₂r₂ − c₁r₁ = (c₁ + c₂)/2 · (r₂ − r₁) + (r₁ + r₂)/2 · (c₂ − c₁), for every objective of every input. */
function partsOf(inputs: readonly ComparedInput[], objectives: number): VersionComparison['parts'] {
  let rewards = 0;
  let weights = 0;
  let differs = false;
  for (const { first, second } of inputs) {
    for (let index = 0; index < objectives; index += 1) {
      // The coefficients of a prompt are those of all its answers: means of products are products of means.
      const [a, b] = [first, second].map((answers) => ({
        reward: mean(answers.map((answer) => answer.objectives[index]?.reward ?? NaN)),
        coefficient: answers[0].objectives[index]?.coefficient ?? NaN,
      }));
      rewards += ((a.coefficient + b.coefficient) / 2) * (b.reward - a.reward);
      weights += ((a.reward + b.reward) / 2) * (b.coefficient - a.coefficient);
      differs ||= a.coefficient !== b.coefficient;
    }
  }
  return differs ? { rewards: rewards / inputs.length, weights: weights / inputs.length } : null;
}
