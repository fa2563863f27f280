import type { RewardBreakdown } from './rewardBreakdown';

/** How likely a pairwise judge finds the chosen reply the better one. */
export interface JudgedProbabilities {
  /** The mean of both orders. */
  readonly pChosen: number;
  /** With the chosen reply shown first, as A. */
  readonly pChosenFirst: number;
  /** With the chosen reply shown second, as B. */
  readonly pChosenSecond: number;
}

/** The objectives of a judge: each reply is shown once first and once second. */
export const JUDGE_OBJECTIVES = [
  { name: 'wins when shown first', description: 'The probability that the judge prefers this reply when it is A' },
  { name: 'wins when shown second', description: 'The probability that the judge prefers this reply when it is B' },
] as const;

/** The two objectives count alike, so that their contributions add up to the mean over the orders. */
const COEFFICIENT = 0.5;

export interface JudgedOrder {
  /** The probability of token A against token B. */
  readonly pA: number;
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface JudgedPair {
  readonly chosen: RewardBreakdown;
  readonly rejected: RewardBreakdown;
  readonly judged: JudgedProbabilities;
}

/**
 * Both replies' parts in a verdict, so that a judged pair is drawn as any other: the scores are the probabilities of
 * winning, which add up to 1. `tokens` of a reply are those of the order in which it is A.
 */
export function buildJudgedPair(chosenFirst: JudgedOrder, rejectedFirst: JudgedOrder): JudgedPair {
  const pChosenFirst = chosenFirst.pA;
  const pChosenSecond = 1 - rejectedFirst.pA;
  const chosen = breakdownOf([pChosenFirst, pChosenSecond], chosenFirst);
  const rejected = breakdownOf([rejectedFirst.pA, 1 - chosenFirst.pA], rejectedFirst);
  return { chosen, rejected, judged: { pChosen: chosen.score, pChosenFirst, pChosenSecond } };
}

function breakdownOf(probabilities: readonly number[], { tokens, truncated }: JudgedOrder): RewardBreakdown {
  const objectives = JUDGE_OBJECTIVES.map(({ name }, index) => {
    const reward = probabilities[index];
    return { name, reward, coefficient: COEFFICIENT, contribution: COEFFICIENT * reward };
  });
  return { score: objectives.reduce((sum, { contribution }) => sum + contribution, 0), tokens, truncated, objectives };
}
