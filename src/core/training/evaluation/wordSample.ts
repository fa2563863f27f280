import { seededRandom } from '../../seededRandom';
import { mostWordRows } from './pairWords';

/**
 * Rows of which only as many keep their words as are looked at, each with the same chance: memory grows by a few numbers a
 * row, not by its text.
 * Source: J. S. Vitter, "Random sampling with a reservoir", ACM TOMS 11 (1985), algorithm R.
 */
export class WordSample<Row extends { readonly words: unknown }> {
  readonly rows: Row[] = [];
  /** Indices of the rows that have their words. */
  readonly #kept: number[] = [];
  readonly #random: () => number;
  readonly #most: number;

  constructor(seed: number, most: number = mostWordRows) {
    this.#random = seededRandom(seed);
    this.#most = most;
  }

  add(row: Row): void {
    const index = this.rows.push(row) - 1;
    if (index < this.#most) {
      this.#kept.push(index);
      return;
    }
    const place = Math.floor(this.#random() * (index + 1));
    if (place < this.#most) {
      this.#forget(this.#kept[place]);
      this.#kept[place] = index;
    } else {
      this.#forget(index);
    }
  }

  #forget(index: number): void {
    this.rows[index] = { ...this.rows[index], words: null };
  }
}
