import { seededRandom, shuffled } from '../../seededRandom';

export interface FoldOptions {
  readonly folds: number;
  readonly seed: number;
}

/**
 * The fold (0 … folds − 1) of every row, such that no group is in two folds.
 * Groups in random order, each to the smallest fold so far.
 * @throws RangeError when there are fewer groups than folds.
 */
export function groupedFolds(groups: readonly string[], { folds, seed }: FoldOptions): number[] {
  const sizes = new Map<string, number>();
  for (const group of groups) {
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  if (sizes.size < folds) {
    throw new RangeError(`${sizes.size} groups cannot fill ${folds} folds`);
  }
  // Sorted first: the folds then depend on the groups alone, not on the order of the rows.
  const order = shuffled([...sizes.keys()].sort(), seededRandom(seed));
  const filled = new Array<number>(folds).fill(0);
  const foldOfGroup = new Map<string, number>();
  for (const group of order) {
    const smallest = filled.indexOf(Math.min(...filled));
    foldOfGroup.set(group, smallest);
    filled[smallest] += sizes.get(group) ?? 0;
  }
  return groups.map((group) => foldOfGroup.get(group) ?? 0);
}
