import type { JobContext } from '../../core/jobContext';

/** Counts texts that are made, and foretells the end by their lengths. */
export class FeatureProgress {
  readonly #report: JobContext['progress'];
  readonly #total: { readonly texts: number; readonly characters: number };
  readonly #begin = performance.now(); // ms
  #texts = 0;
  #characters = 0;

  /** @param lengths of the texts that are to be made, in characters. */
  constructor(lengths: readonly number[], report: JobContext['progress']) {
    this.#report = report;
    this.#total = { texts: lengths.length, characters: lengths.reduce((sum, length) => sum + length, 0) };
  }

  add(lengths: readonly number[]): void {
    if (lengths.length === 0) return;
    this.#texts += lengths.length;
    this.#characters = lengths.reduce((sum, length) => sum + length, this.#characters);
    const seconds = (performance.now() - this.#begin) / 1000;
    const left = this.#total.characters - this.#characters;
    this.#report({
      message: 'Reading texts',
      done: this.#texts,
      total: this.#total.texts,
      unit: 'rows',
      perSecond: this.#texts / Math.max(1e-3, seconds),
      ...(this.#characters === 0 ? {} : { secondsLeft: (seconds * left) / this.#characters }),
    });
  }
}
