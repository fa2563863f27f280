import { AlidadeError } from '../../alidadeError';
import type { JobContext } from '../../jobContext';
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
  readonly recipe: Pick<SemiSupervisedRecipe, 'threshold' | 'rounds'>;
  /** Of another judge, for `unlabelled` in their order: what the first round is labelled with. Null: what round 0 learnt. */
  readonly firstProbabilities: ArrayLike<number> | null;
  readonly onRound?: (round: SemiSupervisedRound) => void;
}

export interface SelfTrained<Fitted> {
  /** Of the last round. */
  readonly fitted: Fitted;
  readonly rounds: readonly SemiSupervisedRound[];
}

/**
 * SSRM (He et al. 2024, arXiv:2409.06903): label what is unlabelled, keep what is certain, turn round what is labelled the
 * other way, train again on both.
 * @throws AlidadeError `recipe` without labelled or held-out pairs; `cancelled`.
 */
export function selfTraining<Fitted>(
  _params: SelfTraining<Fitted>,
  _context: JobContext,
): Promise<SelfTrained<Fitted>> {
  throw new AlidadeError({ code: 'internal', message: 'selfTraining is being written' });
}
