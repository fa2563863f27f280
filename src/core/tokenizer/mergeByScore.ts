/** What may come out of merging: by text, with its score. */
export type PieceScores = ReadonlyMap<string, number>;

/**
 * Splits a text into pieces as SentencePiece's BPE does (and llama.cpp's `SPM`): beginning with characters, the two
 * neighbours that make the piece with the highest score become one, the leftmost of equals first, until no two do.
 * Ranked merges (tokenizer.json) cannot say that: two ways to make one piece have one score, but two ranks.
 */
export function mergeByScore(text: string, scores: PieceScores): string[] {
  const { starts, ends } = splitCharacters(text);
  const count = starts.length;
  const previous = Int32Array.from({ length: count }, (_, index) => index - 1);
  const next = Int32Array.from({ length: count }, (_, index) => (index + 1 < count ? index + 1 : -1));
  const heap = new PairHeap();

  const consider = (left: number, right: number): void => {
    if (left < 0 || right < 0) return;
    const score = scores.get(text.slice(starts[left], ends[right]));
    if (score !== undefined) heap.push({ score, left, right, start: starts[left], end: ends[right] });
  };

  for (let index = 0; index + 1 < count; index += 1) consider(index, index + 1);
  for (let pair = heap.pop(); pair !== null; pair = heap.pop()) {
    const { left, right, start, end } = pair;
    // One of the two has been merged with something else meanwhile.
    if (next[left] !== right || starts[left] !== start || ends[right] !== end) continue;
    ends[left] = end;
    next[left] = next[right];
    if (0 <= next[right]) previous[next[right]] = left;
    // A merged symbol is no neighbour any more.
    next[right] = -2;
    consider(previous[left], left);
    consider(left, next[left]);
  }

  const pieces: string[] = [];
  for (let index = 0; 0 <= index && index < count; index = next[index])
    pieces.push(text.slice(starts[index], ends[index]));
  return pieces;
}

/** The characters (code points) of a text, in UTF-16 units. */
function splitCharacters(text: string): { readonly starts: Int32Array; readonly ends: Int32Array } {
  const starts: number[] = [];
  for (let offset = 0; offset < text.length; offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1)
    starts.push(offset);
  return { starts: Int32Array.from(starts), ends: Int32Array.from([...starts.slice(1), text.length]) };
}

interface Pair {
  readonly score: number;
  /** Symbols by the index of their first character. */
  readonly left: number;
  readonly right: number;
  /** What the two covered when they were pushed, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** The pair with the highest score first, of equals the leftmost. */
class PairHeap {
  readonly #pairs: Pair[] = [];

  push(pair: Pair): void {
    const pairs = this.#pairs;
    let at = pairs.length;
    pairs.push(pair);
    while (0 < at) {
      const parent = (at - 1) >> 1;
      if (!isBefore(pair, pairs[parent])) break;
      pairs[at] = pairs[parent];
      at = parent;
    }
    pairs[at] = pair;
  }

  pop(): Pair | null {
    const pairs = this.#pairs;
    const [first] = pairs;
    const last = pairs.pop();
    if (last === undefined) return null;
    if (pairs.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (pairs.length <= child) break;
      if (child + 1 < pairs.length && isBefore(pairs[child + 1], pairs[child])) child += 1;
      if (!isBefore(pairs[child], last)) break;
      pairs[at] = pairs[child];
      at = child;
    }
    pairs[at] = last;
    return first;
  }
}

function isBefore(a: Pair, b: Pair): boolean {
  return b.score < a.score || (a.score === b.score && a.left < b.left);
}
