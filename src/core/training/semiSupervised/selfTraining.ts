import { AlidadeError } from '../../alidadeError';
import type { JobContext } from '../../jobContext';
import { throwIfCancelled } from '../../throwIfCancelled';
import { calibrationOf } from '../evaluation/calibrationOf';
import { outcomesOf, pairAccuracy } from '../evaluation/pairAccuracy';
import type { SemiSupervisedRecipe } from '../recipe/headRecipe';
import type { SemiSupervisedRound } from '../trainingReport';

/** Pairs to learn from, by their index in whatever the learner holds. */
export interface SelectedPairs {
  readonly pairs: Int32Array;
  /** 1: the second response is held to be the better one. In the order of `pairs`. */
  readonly isSwapped: Uint8Array;
}

/** Something that learns from pairs and judges others. */
export interface PairLearner<Fitted> {
  /** Round 0 has the labelled pairs alone. The same pairs give the same result. */
  fit(selected: SelectedPairs, round: number): Promise<Fitted>;
  /**
   * Probability that the first response of each pair is the better one, in [0, 1]. Of a judge that depends on the order of
   * the responses: the mean over both orders.
   */
  probabilities(fitted: Fitted, pairs: Int32Array): Promise<ArrayLike<number>>;
}

export interface SelfTraining<Fitted> {
  readonly learner: PairLearner<Fitted>;
  /** Pairs whose first response is the better one. */
  readonly labelled: Int32Array;
  /** Pairs whose order says nothing. */
  readonly unlabelled: Int32Array;
  /** Pairs whose first response is the better one, never trained on. */
  readonly heldOut: Int32Array;
  /** What the held-out pairs belong to, in their order: pairs of one group are not independent. Default: each to its own. */
  readonly heldOutGroups?: readonly string[];
  readonly recipe: Pick<SemiSupervisedRecipe, 'threshold' | 'rounds'>;
  /** Of another judge, for `unlabelled` in their order: what the first round is labelled with. Null: what round 0 learnt. */
  readonly firstProbabilities: ArrayLike<number> | null;
  readonly onRound?: (round: SemiSupervisedRound) => void;
}

export interface SelfTrained<Fitted> {
  /** Of the best round. */
  readonly fitted: Fitted;
  /** What it was learnt from. */
  readonly selected: SelectedPairs;
  /** The round that is right on most of the held-out pairs; of equal ones the first. */
  readonly bestRound: number;
  readonly rounds: readonly SemiSupervisedRound[];
}

/**
 * SSRM (He et al. 2024, arXiv:2409.06903): label what is unlabelled, keep what is certain, turn round what is labelled the
 * other way, train again on both. Every round labels anew and learns from the labelled pairs and those kept in it; it ends
 * early when none is kept. A learner can talk itself into its own mistakes, so the best round is taken, not the last.
 * @throws AlidadeError `recipe` without labelled or held-out pairs; `cancelled`.
 */
export async function selfTraining<Fitted>(
  params: SelfTraining<Fitted>,
  context: JobContext,
): Promise<SelfTrained<Fitted>> {
  const { learner, labelled, unlabelled, recipe } = params;
  checkPairs(params);
  const rounds: SemiSupervisedRound[] = [];
  const learn = async (kept: SelectedPairs): Promise<RoundResult<Fitted>> => {
    throwIfCancelled(context.signal);
    const selected = joined({ pairs: labelled, isSwapped: new Uint8Array(labelled.length) }, kept);
    const fitted = await learner.fit(selected, rounds.length);
    const round = { round: rounds.length, ...describeKept(kept, unlabelled), ...(await inspect(params, fitted)) };
    rounds.push(round);
    params.onRound?.(round);
    return { fitted, selected, bestRound: round.round };
  };
  let last = await learn({ pairs: new Int32Array(0), isSwapped: new Uint8Array(0) });
  let best = last;
  while (rounds.length <= recipe.rounds) {
    throwIfCancelled(context.signal);
    const other = rounds.length === 1 ? params.firstProbabilities : null;
    const kept = keepCertain(
      unlabelled,
      other ?? (await learner.probabilities(last.fitted, unlabelled)),
      recipe.threshold,
    );
    if (kept.pairs.length === 0) break;
    last = await learn(kept);
    const isBetter = rounds[best.bestRound].heldOut.accuracy < rounds[last.bestRound].heldOut.accuracy;
    if (isBetter) best = last;
  }
  return { ...best, rounds };
}

type RoundResult<Fitted> = Omit<SelfTrained<Fitted>, 'rounds'>;

/** Pseudo-labels with max(p, 1 − p) above the threshold, turned round where p < ½. A tie is never certain. */
export function keepCertain(pairs: Int32Array, probabilities: ArrayLike<number>, threshold: number): SelectedPairs {
  const isCertain = (p: number): boolean => p !== 0.5 && threshold < Math.max(p, 1 - p);
  const places = Array.from(pairs.keys()).filter((place) => isCertain(probabilities[place]));
  return {
    pairs: Int32Array.from(places, (place) => pairs[place]),
    isSwapped: Uint8Array.from(places, (place) => (probabilities[place] < 0.5 ? 1 : 0)),
  };
}

function joined(left: SelectedPairs, right: SelectedPairs): SelectedPairs {
  const pairs = new Int32Array(left.pairs.length + right.pairs.length);
  const isSwapped = new Uint8Array(pairs.length);
  pairs.set(left.pairs);
  pairs.set(right.pairs, left.pairs.length);
  isSwapped.set(left.isSwapped);
  isSwapped.set(right.isSwapped, left.pairs.length);
  return { pairs, isSwapped };
}

function describeKept({ pairs, isSwapped }: SelectedPairs, unlabelled: Int32Array) {
  const swapped = isSwapped.reduce((sum, value) => sum + value, 0);
  const kept = pairs.length;
  return {
    kept,
    keptShare: unlabelled.length === 0 ? 0 : kept / unlabelled.length,
    swapped,
    agreement: kept === 0 ? null : (kept - swapped) / kept,
  };
}

/** How good a learner is on the held-out pairs. */
async function inspect<Fitted>(
  { learner, heldOut, heldOutGroups }: SelfTraining<Fitted>,
  fitted: Fitted,
): Promise<Pick<SemiSupervisedRound, 'heldOut' | 'calibrationError'>> {
  const probabilities = await learner.probabilities(fitted, heldOut);
  const margins = Float64Array.from(probabilities, (p) => Math.log(p) - Math.log1p(-p));
  const groups = heldOutGroups ?? Array.from(heldOut, String);
  return { heldOut: pairAccuracy(outcomesOf(margins), groups), calibrationError: calibrationOf(margins).error };
}

function checkPairs<Fitted>({ labelled, heldOut }: SelfTraining<Fitted>): void {
  const missing = labelled.length === 0 ? 'labelled' : heldOut.length === 0 ? 'held out' : null;
  if (missing === null) return;
  throw new AlidadeError({
    code: 'recipe',
    message: `semi_supervised: no pairs are ${missing}`,
    hint: 'give the gate or the preference head more labelled pairs',
  });
}
