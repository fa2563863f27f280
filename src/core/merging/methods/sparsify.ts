import type { Address, MergeKernels } from './mergeKernels';
import { doubleOf, SizeRanks } from './sizeRanks';
import type { Cut } from './sizeRanks';
import type { Block } from './tensorJob';

/** Which values of a difference stay; the others become zero. */
export interface Sparsifier {
  /** Passes that count values first. */
  readonly ranks: SizeRanks | null;
  /** Before every pass that sparsifies. */
  restart(): void;
  /** The blocks of a tensor in their order. */
  keep(vector: Address, block: Block): void;
}

/** Stays for a count without end: all that are equal. */
const ALL = 1n << 62n;

interface Band {
  readonly low: Cut;
  /** Of the values equal to `low`, in their order, those from … to. */
  readonly from: number;
  readonly to: number | null;
  /** null: no end. */
  readonly high: Cut | null;
  /** Of the values equal to `high`, the first ones. */
  readonly first: number;
}

/** The largest `kept` values of `count`; of equal sizes, those that come first. `kept` is asked after the first pass. */
export function keepLargest(kernels: MergeKernels, { kept, count }: { kept: () => number; count: number }): Sparsifier {
  return keepBand(kernels, [() => count - kept()], ([low]) => {
    const larger = count - low.below - low.equal;
    return { low, from: 0, to: kept() - larger, high: null, first: 0 };
  });
}

/** `kept` values in the order of their sizes, `skipped` smaller ones left out; equal sizes in the order they come. */
export function keepMiddle(kernels: MergeKernels, { kept, skipped }: { kept: number; skipped: number }): Sparsifier {
  const end = skipped + kept;
  return keepBand(kernels, [() => skipped, () => end - 1], ([low, high]) => {
    const from = skipped - low.below;
    return { low, from, to: low.first === high.first ? from + kept : null, high, first: end - high.below };
  });
}

function keepBand(
  kernels: MergeKernels,
  wanted: readonly (() => number)[],
  bandOf: (cuts: readonly Cut[]) => Band,
): Sparsifier {
  const ranks = new SizeRanks(kernels, wanted);
  const address = kernels.reserve(9 * 8);
  return {
    ranks,
    restart: () => {
      const { low, from, to, high, first } = bandOf(ranks.cuts);
      const [lowFirst, lowLast] = [low.first, low.last].map(doubleOf);
      const [highFirst, highLast] = high === null ? [Infinity, Infinity] : [high.first, high.last].map(doubleOf);
      kernels.floats(address, 6).set([lowFirst, lowLast, 0, 0, highFirst, highLast]);
      kernels.words(address + 16, 2).set([BigInt(from), to === null ? ALL : BigInt(to)]);
      kernels.words(address + 48, 3).set([high === null ? ALL : BigInt(first), 0n, 0n]);
    },
    keep: (vector, { count }) => kernels.keepBand(vector, count, address),
  };
}

/** Each value with the same probability. */
export function keepByChance(kernels: MergeKernels, probability: number, key: ChanceKey): Sparsifier {
  return {
    ranks: null,
    restart: () => undefined,
    keep: (vector, { start, count }) => kernels.keepByChance(vector, count, probability, ...key, start),
  };
}

/** Each value of a row with a probability that grows with its rank among the sizes of the row; blocks are rows. */
export function keepByRank(
  kernels: MergeKernels,
  { density, epsilon, rowLength }: { density: number; epsilon: number; rowLength: number },
  key: ChanceKey,
): Sparsifier {
  const scratch = kernels.reserve((2 * rowLength + 3072) * 8);
  const step = rowLength === 1 ? 0 : (2 * epsilon) / (rowLength - 1);
  const least = rowLength === 1 ? density : density - epsilon;
  return {
    ranks: null,
    restart: () => undefined,
    keep: (vector, { start, count }) => kernels.keepByRank(vector, count, least, step, ...key, start, scratch),
  };
}

/** Nothing. */
export function keepNone(kernels: MergeKernels): Sparsifier {
  return { ranks: null, restart: () => undefined, keep: (vector, { count }) => kernels.zero(vector, count) };
}

/** What the draws of an input of a tensor depend on besides the index of a value. */
export type ChanceKey = readonly [number, number];

/** Two times 32 bits of seed, name and input (FNV-1a, and the same with another prime). */
export function chanceKey(seed: number, name: string, input: number): ChanceKey {
  const text = `${seed}\n${input}\n${name}`;
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return [low, high];
}
