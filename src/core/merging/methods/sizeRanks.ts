import type { Address, MergeKernels } from './mergeKernels';

/** Keys with their order: the bits of a double without its sign. */
const KEYS_END = 1n << 63n;
/** Keys that are counted by bins of 2^shift. */
export interface KeyRange {
  readonly from: bigint;
  /** Excluded. */
  readonly to: bigint;
  readonly shift: bigint;
}

/** Sizes that nearly all differences of weights have, 2⁻⁶⁰ … 2⁴, by steps of 2⁻¹⁰ of an octave: counted at first. */
const FIRST: KeyRange = { from: keyOf(2 ** -60), to: keyOf(2 ** 4), shift: 42n };
const BINS = 1 << 16;
const TABLE = 64;
const COUNTER_BYTES = TABLE + BINS * 4 + 1024 * 8;
/** The bit of a count that says that not all are equal. */
const MIXED = 2 ** 31;

/** Where `toOrdered` puts zero: larger keys are positive, smaller ones negative. */
const ZERO = 1n << 62n;

/** The double with these bits. */
export function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0];
}

function keyOf(size: number): bigint {
  return new BigUint64Array(Float64Array.of(size).buffer)[0];
}

/** The value of a rank: it and those equal to it are the only ones from the first key to the last. */
export interface Cut {
  readonly first: bigint;
  readonly last: bigint;
  /** Values with smaller keys. */
  readonly below: number;
  readonly equal: number;
}

interface Search {
  readonly rank: () => number;
  from: bigint;
  to: bigint;
  shift: bigint;
  cut: Cut | null;
}

/**
 * Finds the values at some ranks in the order of sizes, exactly, without sorting: each pass over all values counts those
 * of a range by 2¹⁶ bins, the next range is the bin that the rank lies in. Two passes do for nearly all tensors, one after
 * a good guess.
 */
export class SizeRanks {
  private readonly searches: readonly Search[];
  private readonly counters: readonly Address[];
  private readonly wantsValues: boolean;
  /** All ranks still share a range. */
  private isFirst = true;

  /**
   * `ranks` from 0, the smallest, to one less than there are values; asked after the first pass. `wantsValues`: keys are
   * found to their last bit.
   */
  constructor(
    private readonly kernels: MergeKernels,
    ranks: readonly (() => number)[],
    { wantsValues = false, first = FIRST }: { readonly wantsValues?: boolean; readonly first?: KeyRange } = {},
  ) {
    this.wantsValues = wantsValues;
    this.searches = ranks.map((rank) => ({ rank, ...first, cut: null }));
    this.counters = ranks.map(() => kernels.reserve(COUNTER_BYTES));
  }

  /** Of values that `toOrdered` has made sizes of; also finds what they are. */
  static ofSigned(kernels: MergeKernels, ranks: readonly number[]): SizeRanks {
    const first = { from: ZERO + (FIRST.from >> 1n), to: ZERO + (FIRST.to >> 1n), shift: FIRST.shift - 1n };
    return new SizeRanks(
      kernels,
      ranks.map((rank) => () => rank),
      { wantsValues: true, first },
    );
  }

  /** The values at the ranks, when done; of signed ones, to their last bit but one. */
  signedValues(): readonly number[] {
    return this.cuts.map(({ first: key }) => {
      const size = doubleOf((key < ZERO ? ZERO - 1n - key : key - ZERO) << 1n);
      return key < ZERO ? -size : size;
    });
  }

  get isDone(): boolean {
    return this.searches.every(({ cut }) => cut !== null);
  }

  /** In the order of the ranks, when done. */
  get cuts(): readonly Cut[] {
    return this.searches.flatMap(({ cut }) => cut ?? []);
  }

  /**
   * Narrows the search to where some of the values, sorted by size, say that the ranks are: `total` is the number of all.
   * A wrong guess costs a pass.
   */
  guess(sample: Float64Array, total: number): void {
    const n = sample.length;
    for (const search of this.searches) {
      const part = search.rank() / total;
      const margin = 5 * Math.sqrt((part * (1 - part)) / n) + 1 / n;
      const [low, high] = [Math.floor((part - margin) * n), Math.ceil((part + margin) * n)];
      restrict(search, low < 0 ? 0n : keyOf(sample[low]), n <= high ? KEYS_END : keyOf(sample[high]) + 1n);
    }
    this.isFirst = false;
  }

  beginPass(): void {
    for (const [search, counter] of this.open()) {
      this.kernels.bytes(counter, COUNTER_BYTES).fill(0);
      this.kernels.words(counter, 3).set([search.from, search.to, search.shift]);
    }
  }

  /** Takes the next values of the pass. */
  count(vector: Address, count: number): void {
    const { kernels } = this;
    for (const [, counter] of this.open()) {
      kernels.countKeys(vector, count, counter);
    }
  }

  endPass(): void {
    for (const [search, counter] of this.open()) this.narrow(search, counter);
    if (!this.isFirst) return;
    this.isFirst = false;
    // One count served all ranks.
    for (const search of this.searches) if (search !== this.searches[0]) this.narrow(search, this.counters[0]);
  }

  private open(): readonly (readonly [Search, Address])[] {
    const pairs = this.searches.map((search, i) => [search, this.counters[i]] as const);
    return this.isFirst ? pairs.slice(0, 1) : pairs.filter(([{ cut }]) => cut === null);
  }

  private narrow(search: Search, counter: Address): void {
    const [, , , counted] = this.kernels.words(counter, 4);
    const table = this.kernels.counts(counter + TABLE, BINS);
    const { from, shift } = search;
    const rank = search.rank();
    let below = Number(counted);
    if (rank < below) {
      restrict(search, 0n, from);
      return;
    }
    for (let bin = 0; bin < BINS; bin++) {
      const equal = table[bin] % MIXED;
      if (rank < below + equal) {
        const first = from + (BigInt(bin) << shift);
        const last = first + (1n << shift) - 1n;
        if (table[bin] < MIXED || (equal === 1 && !this.wantsValues)) search.cut = { first, last, below, equal };
        else restrict(search, first, last + 1n);
        return;
      }
      below += equal;
    }
    restrict(search, search.to, KEYS_END);
  }
}

function restrict(search: Search, from: bigint, to: bigint): void {
  search.from = from;
  search.to = to;
  search.shift = BigInt(Math.max(0, (to - from - 1n).toString(2).length - 16));
}
