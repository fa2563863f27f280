import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { RowError } from '../../core/reward/rewardBreakdown';
import type { PreferencePair, RatedText, RefusedRows } from '../../core/training/data/trainingData';
import type { TextFeatures } from './featureSource';

/** Pairs with their responses' rows in the matrices of features. */
export interface PairRows {
  readonly pairs: readonly PreferencePair[];
  readonly chosen: Int32Array; // [pairs]
  readonly rejected: Int32Array; // [pairs]
}

/** Labelled texts with their rows in the matrices of features. */
export interface RatedRows {
  readonly texts: readonly RatedText[];
  readonly rows: Int32Array; // [texts]
}

/** Where the features of texts are, and which texts have none. */
export class TextRows {
  readonly #places: ReadonlyMap<ScorableInput, TextFeatures['places'][number]>;
  /** By name of the data, then by reason. */
  readonly #refused = new Map<string, Map<string, { count: number; readonly first: string }>>();
  /** Rows that were counted: some data are used more than once. */
  readonly #counted = new Set<string>();

  /** @param places what features there are, by input. */
  constructor(inputs: readonly ScorableInput[], places: TextFeatures['places']) {
    this.#places = new Map(inputs.map((input, index) => [input, places[index]]));
  }

  /** The texts that have features; the others are counted for the data. */
  rated(data: string, texts: readonly RatedText[]): RatedRows {
    const found = texts.flatMap((text) => {
      const row = this.#rowOf(data, text.id, text.input);
      return row === null ? [] : [{ text, row }];
    });
    return { texts: found.map(({ text }) => text), rows: Int32Array.from(found, ({ row }) => row) };
  }

  /** The pairs of which both responses have features; the others are counted for the data. */
  pairs(data: string, pairs: readonly PreferencePair[]): PairRows {
    const found = pairs.flatMap((pair) => {
      const chosen = this.#rowOf(data, pair.id, pair.chosen);
      const rejected = chosen === null ? null : this.#rowOf(data, pair.id, pair.rejected);
      return chosen === null || rejected === null ? [] : [{ pair, chosen, rejected }];
    });
    return {
      pairs: found.map(({ pair }) => pair),
      chosen: Int32Array.from(found, ({ chosen }) => chosen),
      rejected: Int32Array.from(found, ({ rejected }) => rejected),
    };
  }

  /** The rows of responses that have features; the others are counted with the pairs or texts that they are of. */
  responses(inputs: readonly ScorableInput[]): Int32Array {
    return Int32Array.from(
      inputs.flatMap((input) => {
        const place = this.#places.get(input);
        return place !== undefined && 'row' in place ? [place.row] : [];
      }),
    );
  }

  /** What was counted for the data so far. */
  refusedOf(data: string): readonly RefusedRows[] {
    return [...(this.#refused.get(data) ?? [])].map(([reason, { count, first }]) => ({ reason, count, first }));
  }

  #rowOf(data: string, id: string, input: ScorableInput): number | null {
    const place = this.#places.get(input);
    if (place !== undefined && 'row' in place) return place.row;
    const name = `${data}\n${id}`;
    if (!this.#counted.has(name)) {
      this.#counted.add(name);
      this.#count(data, reasonOf(place?.error), id);
    }
    return null;
  }

  #count(data: string, reason: string, id: string): void {
    const reasons = this.#refused.get(data) ?? new Map<string, { count: number; readonly first: string }>();
    this.#refused.set(data, reasons);
    const known = reasons.get(reason);
    if (known === undefined) reasons.set(reason, { count: 1, first: id });
    else known.count += 1;
  }
}

/** Several sets of pairs as one. */
export function joinPairs(sets: readonly PairRows[]): PairRows {
  return {
    pairs: sets.flatMap(({ pairs }) => pairs),
    chosen: Int32Array.from(sets.flatMap(({ chosen }) => [...chosen])),
    rejected: Int32Array.from(sets.flatMap(({ rejected }) => [...rejected])),
  };
}

/** Without what differs from row to row. */
function reasonOf(error: RowError | undefined): string {
  switch (error?.code) {
    case undefined:
      return 'its states were not read';
    case 'too_long':
      return 'longer than the model, or the recipe, takes';
    case 'gate_not_found':
      return 'no start of an assistant turn, where the gate reads the prompt';
    default:
      return error?.message ?? '';
  }
}
