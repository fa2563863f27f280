import { AlidadeError } from '../../alidadeError';
import { seededRandom, shuffled } from '../../seededRandom';

export interface SplitOptions {
  /** Of the rows, roughly: that is held out, between 0 and 1. */
  readonly share: number;
  readonly seed: number;
}

export interface GroupSplit {
  /** Ascending. */
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Holds out whole groups, drawn at random, until their rows are the share: at least one group, and not all of them. The same
 * groups give the same split, in whatever order their rows stand.
 * @throws AlidadeError `recipe` when there are fewer than two groups.
 */
export function splitGroups(groups: readonly string[], { share, seed }: SplitOptions): GroupSplit {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  if (sizes.size < 2) {
    throw new AlidadeError({
      code: 'recipe',
      message: 'all rows are of one group, so that none can be held out',
      hint: 'rows of one prompt are a group: name another field under `group` of the data, or add rows',
    });
  }
  const wanted = share * groups.length;
  const held = new Set<string>();
  let rows = 0;
  for (const group of shuffled([...sizes.keys()].sort(), seededRandom(seed))) {
    const size = sizes.get(group) ?? 0;
    // A group that overshoots by more than what is missing is left to the training part.
    const isTooLarge = wanted - rows < rows + size - wanted;
    if (sizes.size - 1 <= held.size || wanted <= rows) break;
    if (isTooLarge) continue;
    held.add(group);
    rows += size;
  }
  if (held.size === 0) held.add(smallestGroup(sizes));
  const training: number[] = [];
  const heldOut: number[] = [];
  groups.forEach((group, row) => (held.has(group) ? heldOut : training).push(row));
  return { training: Int32Array.from(training), heldOut: Int32Array.from(heldOut) };
}

function smallestGroup(sizes: ReadonlyMap<string, number>): string {
  return [...sizes].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1))[0][0];
}
