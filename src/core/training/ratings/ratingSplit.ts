import { AlidadeError } from '../../alidadeError';
import { seededRandom, shuffled } from '../../seededRandom';
import { groupedFolds } from '../linear/groupedFolds';
import type { RatingsRecipe } from '../recipe/headRecipe';

/** Rows dealt to parts, such that no group is in two. */
export interface RatingSplit {
  readonly part: Int32Array; // [rows]
  readonly parts: number;
  /** Each of these is held out once. With a validation split it is the first of two. */
  readonly heldOut: readonly number[];
}

/** The same split for the same groups and seed, whatever the order of the rows. */
export function splitRatings(groups: readonly string[], ratings: RatingsRecipe, seed: number): RatingSplit {
  const { selection, penalties } = ratings;
  if (selection.kind === 'validation') {
    return { part: validationSplit(groups, selection.share, seed), parts: 2, heldOut: [0] };
  }
  if (selection.folds < 3 && 1 < penalties.length) {
    throw new AlidadeError({
      code: 'recipe',
      message: `${selection.folds} folds are too few to choose a penalty`,
      hint: 'the penalty of each fold is chosen on the other ones: take 3 folds or more, or name one penalty',
    });
  }
  const { folds } = selection;
  const part = Int32Array.from(groupedFolds(groups, { folds, seed }));
  return { part, parts: folds, heldOut: Array.from({ length: folds }, (_, fold) => fold) };
}

/** 0: held out, 1: to train on. Groups in random order are held out until the share of the rows is reached. */
function validationSplit(groups: readonly string[], share: number, seed: number): Int32Array {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const order = shuffled([...sizes.keys()].sort(), seededRandom(seed));
  const heldOut = new Set<string>();
  let rows = 0;
  for (const group of order.slice(0, -1)) {
    if (0 < heldOut.size && share * groups.length <= rows) break;
    heldOut.add(group);
    rows += sizes.get(group) ?? 0;
  }
  return Int32Array.from(groups, (group) => (heldOut.has(group) ? 0 : 1));
}
