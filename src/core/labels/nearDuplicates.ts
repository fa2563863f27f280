import type { PairTexts } from './pairTexts';
import { jaccard, mixBits, wordShingles } from './wordShingles';

/** Share of three-word sequences that prompt, chosen and rejected reply must each have in common. */
export const duplicateThreshold = 0.8;

/**
 * Bands of the locality-sensitive hash, and minima of the prompt and of the replies in each. Of pairs exactly at the
 * threshold in both, 1 − (1 − 0.8⁵)¹⁶ = 99.8 % share a band; of those that share their prompt and a tenth of their
 * replies' words, 1.6 % do.
 */
const bands = 16;
const promptMinima = 2;
const replyMinima = 3;

/** Earlier rows with which a row is compared at most, so that a file of one template over and over takes linear time. */
const mostComparisons = 256;

/** What of a pair is needed to find its duplicates: a few bytes a word. */
export interface PairFingerprint {
  readonly prompt: Uint32Array;
  readonly chosen: Uint32Array;
  readonly rejected: Uint32Array;
  /** One key a band; pairs that share one are compared. */
  readonly bandKeys: Uint32Array;
}

export interface DuplicateMatch {
  /** Which pair it repeats: how many were added before that. */
  readonly index: number;
  /** Of the least similar part, between the threshold and 1. */
  readonly similarity: number;
  /** What is chosen here is rejected there: the labels contradict each other. */
  readonly isSwapped: boolean;
}

/** The same for equal texts, whichever of the replies is the chosen one as far as `bandKeys` are concerned. */
export function fingerprintPair(texts: PairTexts): PairFingerprint {
  const [prompt, chosen, rejected] = [texts.prompt, texts.chosen, texts.rejected].map(wordShingles) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const replies = poolShingles(chosen, rejected);
  const bandKeys = Uint32Array.from({ length: bands }, (_, band) => {
    let key = band;
    for (let index = 0; index < promptMinima; index += 1) {
      key = mixBits(Math.imul(key, 31) + minimumOf(prompt, band * promptMinima + index));
    }
    for (let index = 0; index < replyMinima; index += 1) {
      key = mixBits(Math.imul(key, 31) + minimumOf(replies, 1000 + band * replyMinima + index));
    }
    return key;
  });
  return { prompt, chosen, rejected, bandKeys };
}

/**
 * Finds the pairs of a file that repeat an earlier one: the same prompt and the same replies, or nearly so, in either
 * order. Candidates share a band of their minimal hashes, and every candidate is compared exactly, set against set. The
 * same rows in the same order give the same answers. Memory: the fingerprints of the pairs that repeat nothing.
 *
 * Sources: A. Broder (1997) as in `wordShingles`; J. Leskovec, A. Rajaraman, J. Ullman, "Mining of Massive Datasets",
 * chapter 3 (bands); K. Lee et al., "Deduplicating training data makes language models better", ACL 2022 (the threshold).
 */
export class DuplicateFinder {
  readonly #buckets: readonly Map<number, number[]>[] = Array.from({ length: bands }, () => new Map());
  readonly #originals = new Map<number, PairFingerprint>();
  #added = 0;

  /** @returns the earlier pair that this one repeats; null: none. */
  add(pair: PairFingerprint): DuplicateMatch | null {
    const index = this.#added;
    this.#added += 1;
    const match = this.#find(pair);
    // Whatever repeats a repetition is compared with the original; a swapped pair has repetitions of its own.
    if (match === null || match.isSwapped) this.#keep(index, pair);
    return match;
  }

  #find(pair: PairFingerprint): DuplicateMatch | null {
    let best: DuplicateMatch | null = null;
    for (const index of this.#candidates(pair)) {
      const other = this.#originals.get(index);
      const match = other === undefined ? null : comparePairs(pair, other);
      if (match !== null && isBetter(match, best)) best = { index, ...match };
    }
    return best;
  }

  #candidates({ bandKeys }: PairFingerprint): ReadonlySet<number> {
    const candidates = new Set<number>();
    for (const [band, key] of bandKeys.entries()) {
      for (const index of this.#buckets[band].get(key) ?? []) {
        if (mostComparisons <= candidates.size) return candidates;
        candidates.add(index);
      }
    }
    return candidates;
  }

  #keep(index: number, pair: PairFingerprint): void {
    this.#originals.set(index, pair);
    for (const [band, key] of pair.bandKeys.entries()) {
      const bucket = this.#buckets[band].get(key);
      if (bucket === undefined) this.#buckets[band].set(key, [index]);
      else if (bucket.length < mostComparisons) bucket.push(index);
    }
  }
}

/** Whether two pairs are the same or nearly so, part by part; as they stand goes before swapped. */
export function comparePairs(a: PairFingerprint, b: PairFingerprint): Omit<DuplicateMatch, 'index'> | null {
  const prompt = jaccard(a.prompt, b.prompt);
  if (prompt < duplicateThreshold) return null;
  const straight = Math.min(prompt, jaccard(a.chosen, b.chosen), jaccard(a.rejected, b.rejected));
  if (duplicateThreshold <= straight) return { similarity: straight, isSwapped: false };
  const crossed = Math.min(prompt, jaccard(a.chosen, b.rejected), jaccard(a.rejected, b.chosen));
  return duplicateThreshold <= crossed ? { similarity: crossed, isSwapped: true } : null;
}

/** Unswapped ones first, then the more similar, then the earlier. */
function isBetter(match: Omit<DuplicateMatch, 'index'>, best: DuplicateMatch | null): boolean {
  if (best === null) return true;
  if (match.isSwapped !== best.isSwapped) return best.isSwapped;
  return best.similarity < match.similarity;
}

/**
 * The shingles of both replies as one set that does not tell which is which: what both have counts twice. Where each reply
 * resembles its counterpart by at least t, so do these sets (the union of unions is no larger than their sum).
 */
function poolShingles(a: Uint32Array, b: Uint32Array): Uint32Array {
  const inA = new Set(a);
  const twice = b.filter((shingle) => inA.has(shingle)).map((shingle) => mixBits(shingle ^ 0x5bd1e995));
  return Uint32Array.from(new Set([...a, ...b, ...twice]));
}

/** The least value of one of the hash functions over a set: the same for two sets as often as they are alike. */
function minimumOf(shingles: Uint32Array, which: number): number {
  const seed = mixBits(Math.imul(which + 1, 0x9e3779b1));
  let minimum = 0xffffffff;
  for (let index = 0; index < shingles.length; index += 1) {
    const hash = mixBits(shingles[index] ^ seed);
    if (hash < minimum) minimum = hash;
  }
  return minimum;
}
