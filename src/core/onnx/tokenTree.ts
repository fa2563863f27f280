/** What comes before the first token of every sequence. */
const root = -1;

/**
 * The tokens in the slots of a key/value cache. Sequences that begin alike share their slots, and a token comes after
 * all that it may see; so sequences can be added at any time, and dropped from the end.
 */
export class TokenTree {
  readonly #parents: number[] = [];
  readonly #tokens: number[] = [];
  readonly #positions: number[] = [];
  /** The slot that continues a sequence with a token: by the slot before it. */
  readonly #next = new Map<number, Map<number, number>>();

  /** Slots in use, from 0. */
  get size(): number {
    return this.#tokens.length;
  }

  tokenAt(slot: number): number {
    return this.#tokens[slot];
  }

  /** Position in its sequence, from 0. */
  positionAt(slot: number): number {
    return this.#positions[slot];
  }

  /** The slots of the longest beginning of a sequence that is here. */
  find(ids: readonly number[]): number[] {
    const slots: number[] = [];
    let last = root;
    for (const id of ids) {
      const slot = this.#next.get(last)?.get(id);
      if (slot === undefined) break;
      slots.push(slot);
      last = slot;
    }
    return slots;
  }

  /**
   * Adds a sequence whose first tokens are in `kept`, and gives the slots of all its tokens. Of the others only those
   * from slot `fresh` on are shared: older ones are to be computed anew.
   */
  insert(ids: readonly number[], kept: readonly number[], fresh: number): number[] {
    const slots = [...kept];
    let last = kept.at(-1) ?? root;
    for (const id of ids.slice(kept.length)) {
      const known = this.#next.get(last)?.get(id);
      last = known !== undefined && fresh <= known ? known : this.#append(id, last, slots.length);
      slots.push(last);
    }
    return slots;
  }

  /** Drops the slots from `size` on. */
  truncate(size: number): void {
    for (let slot = this.size - 1; size <= slot; slot -= 1) {
      const siblings = this.#next.get(this.#parents[slot]);
      if (siblings?.get(this.#tokens[slot]) === slot) siblings.delete(this.#tokens[slot]);
      this.#next.delete(slot);
    }
    for (const list of [this.#parents, this.#tokens, this.#positions]) list.length = Math.min(list.length, size);
  }

  /**
   * Writes into `bias` [to − from, to] what is added to the scores of the slots from `from` to `to`: 0 for a token that
   * is seen (itself and those before it in its sequence, `window` in all when there is one), `hidden` for all others.
   */
  fillBias(
    bias: Float32Array,
    { from, to, window, hidden }: { from: number; to: number; window: number | null; hidden: number },
  ): void {
    bias.fill(hidden);
    for (let slot = from; slot < to; slot += 1) {
      const row = (slot - from) * to;
      const parent = this.#parents[slot];
      if (window === null && from <= parent) {
        // Sees what the token before it sees, and itself.
        const above = (parent - from) * to;
        bias.copyWithin(row, above, above + to);
        bias[row + slot] = 0;
        continue;
      }
      let seen = slot;
      for (let left = window ?? Infinity; seen !== root && 0 < left; left -= 1) {
        bias[row + seen] = 0;
        seen = this.#parents[seen];
      }
    }
  }

  #append(token: number, parent: number, position: number): number {
    const slot = this.size;
    this.#tokens.push(token);
    this.#parents.push(parent);
    this.#positions.push(position);
    const siblings = this.#next.get(parent) ?? new Map<number, number>();
    siblings.set(token, slot);
    this.#next.set(parent, siblings);
    return slot;
  }
}
