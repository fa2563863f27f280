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
const FIRST: KeyRange = { from: keyOfPower(-60), to: keyOfPower(4), shift: 42n };
const BINS = 1 << 16;
const TABLE = 64;

/** Where `toOrdered` puts zero: larger keys are positive, smaller ones negative. */
const ZERO = 1n << 62n;

function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0];
}

function keyOfPower(exponent: number): bigint {
  return BigInt(exponent + 1023) << 52n;
}

/** The value of a rank: the values whose keys agree with `key` under `mask` are equal to it, or it is the only one. */
export interface Cut {
  readonly key: bigint;
  readonly mask: bigint;
  /** Values with smaller keys. */
  readonly below: number;
  readonly equal: number;
}

interface Search {
  readonly rank: () => number;
  from: bigint;
  to: bigint;
  shift: bigint;
  /** Keys below `from`, from the second pass on. */
  below: number;
  cut: Cut | null;
}

/**
 * Finds the values at some ranks in the order of sizes, exactly, without sorting: each pass over all values counts those
 * of a range by 2¹⁶ bins, the next range is the bin that the rank lies in. One pass does for BF16, two for nearly all.
 */
export class SizeRanks {
  private readonly searches: readonly Search[];
  private readonly counters: readonly Address[];
  private readonly wantsValues: boolean;
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
    this.searches = ranks.map((rank) => ({ rank, ...first, below: 0, cut: null }));
    this.counters = ranks.map(() => kernels.reserve(TABLE + BINS * 4));
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
    return this.cuts.map(({ key }) => {
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

  beginPass(): void {
    for (const [search, counter] of this.open()) {
      this.kernels.bytes(counter, TABLE + BINS * 4).fill(0);
      this.kernels.words(counter, 3).set([search.from, search.to, search.shift]);
    }
  }

  /** Takes the next values of the pass. */
  count(vector: Address, count: number): void {
    const { kernels } = this;
    for (const [, counter] of this.open()) {
      if (this.isFirst) kernels.countKeys(vector, count, counter);
      else kernels.countKeysWithin(vector, count, counter);
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
    const [, , , rest, counted] = this.kernels.words(counter, 5);
    const table = this.kernels.counts(counter + TABLE, BINS);
    const { from, shift } = search;
    const rank = search.rank();
    let below = search.below + Number(counted);
    if (rank < below) {
      restrict(search, 0n, from, 0);
      return;
    }
    for (let bin = 0; bin < BINS; bin++) {
      const equal = table[bin];
      if (rank < below + equal) {
        const key = from + (BigInt(bin) << shift);
        const mask = BigInt.asUintN(64, -1n << shift);
        if (rest === 0n || (equal === 1 && !this.wantsValues)) search.cut = { key, mask, below, equal };
        else restrict(search, key, key + (1n << shift), below);
        return;
      }
      below += equal;
    }
    restrict(search, search.to, KEYS_END, below);
  }
}

function restrict(search: Search, from: bigint, to: bigint, below: number): void {
  search.from = from;
  search.to = to;
  search.below = below;
  search.shift = BigInt(Math.max(0, (to - from - 1n).toString(2).length - 16));
}
