import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import type { PreferenceRecipe } from '../../core/training/recipe/headRecipe';

export interface PreferencePairs {
  readonly features: FeatureMatrix;
  /** Row of each pair's chosen response; [pairs]. */
  readonly chosen: Int32Array;
  /** Row of each pair's rejected response; [pairs]. */
  readonly rejected: Int32Array;
}

export interface PreferenceTraining extends PreferencePairs {
  /** How much each pair counts; default 1. [pairs] */
  readonly weights?: Float64Array;
  /** 1: the rejected response is the better one; default 0. [pairs] */
  readonly isSwapped?: Uint8Array;
  /** Indices of pairs to learn from. */
  readonly training: Int32Array;
  /** Indices of pairs that choose the penalty, in their order as they are given. */
  readonly heldOut: Int32Array;
  readonly recipe: PreferenceRecipe;
  readonly seed: number;
}

/** s = w·x; a difference of two scores knows no bias, so the head's is 0. */
export interface TrainedPreference {
  readonly weight: Float64Array; // [columns]
  readonly penalties: readonly { readonly penalty: number; readonly loss: number }[];
  readonly penalty: number;
  /** Score of the chosen response minus that of the rejected one, in the order of `heldOut`. */
  readonly heldOutMargins: Float64Array;
}

/**
 * One linear head by Bradley–Terry: minimises Σ weight · log(1 + exp(−w·(x_chosen − x_rejected))) + penalty/2·‖w‖².
 * @throws AlidadeError `recipe` when there are no pairs to learn from or none held out; `cancelled`.
 */
export function trainPreference(_params: PreferenceTraining, _context: JobContext): Promise<TrainedPreference> {
  throw new AlidadeError({ code: 'internal', message: 'trainPreference is being written' });
}

/** w·(x_chosen − x_rejected) of `pairs`, in their order. */
export function preferenceMargins(
  _params: PreferencePairs & { readonly weight: Float64Array; readonly pairs: Int32Array },
  _context: JobContext,
): Promise<Float64Array> {
  throw new AlidadeError({ code: 'internal', message: 'preferenceMargins is being written' });
}
