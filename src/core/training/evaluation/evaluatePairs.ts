import { scoreRewardBench } from '../../reward/rewardBench';
import { accuracyDifference } from './accuracyDifference';
import { calibrationOf } from './calibrationOf';
import type { PairEvaluation } from './headEvaluation';
import { outcomesOf, pairAccuracy } from './pairAccuracy';
import { wordOutcomes } from './pairWords';
import type { ScoredPair } from './scoredPair';

export interface EvaluatePairsParams {
  readonly pairs: readonly ScoredPair[];
  /** Of the folds in which the words are learnt. */
  readonly seed: number;
}

/** How often a head puts pairs in order, beside what length and words alone reach; null without pairs. */
export function evaluatePairs({ pairs, seed }: EvaluatePairsParams): PairEvaluation | null {
  if (pairs.length === 0) return null;
  const groups = pairs.map(({ group }) => group);
  const margins = Float64Array.from(pairs, ({ margin }) => margin);
  const outcomes = outcomesOf(margins);
  const { accuracy, interval } = pairAccuracy(outcomes, groups);
  const length = lengthBaseline(pairs);
  const words = wordOutcomes({ pairs, seed });
  const subsets = bySubset(pairs, outcomes);
  const isDivided = pairs.every(({ subset }) => subset !== null);
  return {
    n: pairs.length,
    ties: margins.reduce((count, margin) => count + (margin === 0 ? 1 : 0), 0),
    accuracy,
    interval,
    subsets,
    rewardBench: isDivided ? scoreRewardBench(new Map(subsets.map((subset) => [subset.name, subset.accuracy]))) : null,
    baselines: {
      length: { prefers: length.prefers, ...shareOf(length.outcomes, groups) },
      words: words === null ? null : shareOf(words.outcomes, words.groups),
    },
    lengthControlled: controlForLength(pairs, outcomes),
    overLength: accuracyDifference(outcomes, length.outcomes, groups),
    calibration: calibrationOf(margins),
  };
}

function shareOf(outcomes: Float64Array, groups: readonly string[]): Pick<PairEvaluation, 'accuracy' | 'interval'> {
  const { accuracy, interval } = pairAccuracy(outcomes, groups);
  return { accuracy, interval };
}

/** Of responses of the same length, a coin decides. */
export function lengthBaseline(pairs: readonly Pick<ScoredPair, 'lengths'>[]): {
  readonly prefers: 'longer' | 'shorter';
  readonly outcomes: Float64Array;
} {
  const longer = Float64Array.from(pairs, ({ lengths }) => (1 + Math.sign(lengths.chosen - lengths.rejected)) / 2);
  const right = longer.reduce((sum, outcome) => sum + outcome, 0);
  return pairs.length <= 2 * right
    ? { prefers: 'longer', outcomes: longer }
    : { prefers: 'shorter', outcomes: longer.map((outcome) => 1 - outcome) };
}

function bySubset(pairs: readonly ScoredPair[], outcomes: Float64Array): PairEvaluation['subsets'] {
  const members = new Map<string, number[]>();
  pairs.forEach(({ subset }, index) => {
    if (subset === null) return;
    const found = members.get(subset);
    if (found === undefined) members.set(subset, [index]);
    else found.push(index);
  });
  return [...members].map(([name, indices]) => ({
    name,
    ...pairAccuracy(
      Float64Array.from(indices, (index) => outcomes[index]),
      indices.map((index) => pairs[index].group),
    ),
  }));
}

/** The mean of the accuracies where the chosen response is the longer and where it is the shorter one. */
function controlForLength(pairs: readonly ScoredPair[], outcomes: Float64Array): PairEvaluation['lengthControlled'] {
  const [whereLonger, whereShorter] = [1, -1].map((side) => {
    const found = outcomes.filter((_, index) => {
      const { chosen, rejected } = pairs[index].lengths;
      return Math.sign(chosen - rejected) === side;
    });
    return found.length === 0 ? null : found.reduce((sum, outcome) => sum + outcome, 0) / found.length;
  });
  const accuracy = whereLonger === null || whereShorter === null ? null : (whereLonger + whereShorter) / 2;
  return { accuracy, whereLonger, whereShorter };
}
