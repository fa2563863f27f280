import type { TokenTree } from './tokenTree';

/** Slots that a token must see to cost as much again as its matrix products: a round figure for small CPUs. */
const slotsPerToken = 1024;

/** A cache that is larger than this is begun anew when it can be. */
const mostSlots = 8192;

/**
 * How many of the first slots to keep before sequences are added: all of them, or those before the first that no
 * sequence needs. Dropping makes tokens be computed again; keeping makes every new token look at slots that are none
 * of its business.
 */
export function slotsToKeep(
  tree: TokenTree,
  sequences: readonly { readonly kept: readonly number[]; readonly length: number }[],
): number {
  const used = new Set(sequences.flatMap(({ kept }) => kept));
  let leading = 0;
  while (used.has(leading)) leading += 1;
  const added = sequences.reduce((sum, { kept, length }) => sum + length - kept.length, 0);
  const again = used.size - leading;
  const cost = (tokens: number, before: number): number => tokens * (slotsPerToken + before + tokens / 2);
  const fits = tree.size + added <= mostSlots;
  return fits && cost(added, tree.size) <= cost(added + again, leading) ? tree.size : leading;
}
