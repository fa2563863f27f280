import { DuplicateFinder, fingerprintPair } from '../../labels/nearDuplicates';
import { readResponseText } from '../evaluation/responseText';
import { GroupMerger } from './groupMerger';
import { inputsOf } from '../../promptFile/inputsOf';
import { type LabelledRow } from './labelledRow';

/** Texts of more rows are compared letter by letter only: what is nearly the same takes memory for each. */
const mostNearDuplicates = 200_000;

/** Rows that say the same under different groups. */
export interface DuplicateGroups {
  /** How many rows repeat one of another group. */
  readonly count: number;
  /** Places of one of them and of what it repeats; null: there is none. */
  readonly first: { readonly place: string; readonly repeats: string } | null;
}

/**
 * Finds texts that stand in several groups, the same or nearly so, prompt and response, and makes those groups one, so that
 * no split can part them.
 */
export class DuplicateIndex {
  /** Of groups of all data. */
  readonly merger = new GroupMerger();
  /** Of groups of the same data: what is fitted on one set need not heed what another repeats. */
  readonly within = new GroupMerger();
  readonly #finder = new DuplicateFinder();
  /** By what the finder was given. */
  readonly #rows: LabelledRow[] = [];
  readonly #exact = new Map<string, LabelledRow>();
  readonly #isExact: boolean;

  /** @param rows how many there will be. */
  constructor(rows: number) {
    this.#isExact = mostNearDuplicates < rows;
  }

  /** Whether only what is the same letter by letter is found. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** The rows that were added before and that a row repeats with one of its responses. */
  add(source: LabelledRow): readonly LabelledRow[] {
    return inputsOf(source.row).flatMap((input) => this.#addText(source, readResponseText(input)) ?? []);
  }

  #addText(source: LabelledRow, { prompt, response }: ReturnType<typeof readResponseText>): LabelledRow | null {
    if (this.#isExact) {
      const key = JSON.stringify([prompt, response]);
      const known = this.#exact.get(key);
      if (known === undefined) this.#exact.set(key, source);
      return known ?? null;
    }
    this.#rows.push(source);
    const match = this.#finder.add(fingerprintPair({ prompt, chosen: response, rejected: response }));
    return match === null ? null : this.#rows[match.index];
  }
}

/** By the row that others repeat, whatever its data: the group of the first row of one data set that says so. */
export type OwnGroups = Map<LabelledRow, string>;

/**
 * Adds rows of a data set to an index, and makes the groups of what repeats each other one.
 * @param own of the same data set, empty before its first rows: two rows that repeat one of another data set repeat each
 * other.
 */
export function joinDuplicates(rows: readonly LabelledRow[], index: DuplicateIndex, own: OwnGroups): DuplicateGroups {
  let count = 0;
  let first: DuplicateGroups['first'] = null;
  for (const row of rows) {
    const repeated = index.add(row);
    for (const original of [row, ...repeated]) {
      const known = own.get(original);
      if (known === undefined) own.set(original, row.group);
      else index.within.join(known, row.group);
    }
    const others = repeated.filter(({ group }) => group !== row.group);
    for (const other of others) index.merger.join(other.group, row.group);
    const [other] = others;
    if (other === undefined) continue;
    count += 1;
    first ??= { place: row.place, repeats: other.place };
  }
  return { count, first };
}
