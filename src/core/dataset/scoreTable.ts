import type { ScoredKind } from './datasetOverview';
import type { DatasetQuery, DatasetSort } from './datasetQuery';

/** What is kept of a scored row; the rest is read again from the output when it is shown. */
export interface ScoreEntry {
  readonly kind: ScoredKind;
  /** Margin of a pair, score of a response, best score of a list; NaN for an error. */
  readonly rank: number;
  /** Score of the chosen response, or NaN. */
  readonly chosen: number;
  readonly rejected: number;
  readonly tokens: number;
  readonly subset: string | null;
  /** Place of the row's line in the output, bytes. */
  readonly offset: number;
  readonly length: number;
  /** Line on which the row begins in its source, from 0; -1: not known. */
  readonly line: number;
  /** Beginning of the prompt. */
  readonly excerpt: string;
}

const kinds: readonly ScoredKind[] = ['pair', 'single', 'list', 'error'];

/** Characters of excerpts that are kept; rows after that have none. */
const mostExcerptCharacters = 40_000_000;

/** The rows of a scored data set in columns, about a hundred bytes a row, so that a million of them can be sorted. */
export class ScoreTable {
  #size = 0;
  #kind = new Uint8Array(1024);
  #subset = new Int32Array(1024);
  #tokens = new Float64Array(1024);
  #rank = new Float64Array(1024);
  #chosen = new Float64Array(1024);
  #rejected = new Float64Array(1024);
  #offset = new Float64Array(1024);
  #length = new Float64Array(1024);
  #line = new Int32Array(1024);
  readonly #excerpts: string[] = [];
  #excerptCharacters = 0;
  readonly #subsetNames: string[] = [];
  readonly #subsetNumbers = new Map<string, number>();
  /** The last order asked for: pages of one table come one after the other. */
  #lastOrder: { readonly key: string; readonly rows: Uint32Array } | null = null;

  get size(): number {
    return this.#size;
  }

  add(entry: ScoreEntry): void {
    if (this.#size === this.#kind.length) this.#grow();
    const at = this.#size;
    this.#kind[at] = kinds.indexOf(entry.kind);
    this.#subset[at] = entry.subset === null ? -1 : this.#subsetNumber(entry.subset);
    this.#tokens[at] = entry.tokens;
    this.#rank[at] = entry.rank;
    this.#chosen[at] = entry.chosen;
    this.#rejected[at] = entry.rejected;
    this.#offset[at] = entry.offset;
    this.#length[at] = entry.length;
    this.#line[at] = entry.line;
    this.#excerptCharacters += entry.excerpt.length;
    if (this.#excerptCharacters <= mostExcerptCharacters) this.#excerpts[at] = entry.excerpt;
    this.#size += 1;
  }

  /** @param row from 0 to `size` - 1. */
  entryAt(row: number): ScoreEntry {
    const subset = this.#subset[row] ?? -1;
    return {
      kind: kinds[this.#kind[row] ?? 0] ?? 'error',
      rank: this.#rank[row] ?? NaN,
      chosen: this.#chosen[row] ?? NaN,
      rejected: this.#rejected[row] ?? NaN,
      tokens: this.#tokens[row] ?? 0,
      subset: subset < 0 ? null : (this.#subsetNames[subset] ?? null),
      offset: this.#offset[row] ?? 0,
      length: this.#length[row] ?? 0,
      line: this.#line[row] ?? -1,
      excerpt: this.#excerpts[row] ?? '',
    };
  }

  /** The rows that match, sorted; equal ones keep the order of the file. */
  select(query: DatasetQuery): Uint32Array {
    const key = JSON.stringify([this.#size, query]);
    if (this.#lastOrder?.key === key) return this.#lastOrder.rows;
    const rows = this.#matching(query);
    const values = this.#column(query.sort);
    if (values !== null) {
      const sign = query.descending ? -1 : 1;
      rows.sort((a, b) => sign * ((values[a] ?? 0) - (values[b] ?? 0)) || a - b);
    } else if (query.descending) {
      rows.reverse();
    }
    this.#lastOrder = { key, rows };
    return rows;
  }

  #matching({ kind, subset, range }: DatasetQuery): Uint32Array {
    const wantedKind = kinds.indexOf(kind);
    const wantedSubset = subset === null ? null : (this.#subsetNumbers.get(subset) ?? -2);
    const rows = new Uint32Array(this.#size);
    let found = 0;
    for (let row = 0; row < this.#size; row += 1) {
      if (this.#kind[row] !== wantedKind) continue;
      if (wantedSubset !== null && this.#subset[row] !== wantedSubset) continue;
      if (range !== null && !isInRange(this.#rank[row] ?? NaN, range)) continue;
      rows[found] = row;
      found += 1;
    }
    return rows.slice(0, found);
  }

  /** null: the order of the file. */
  #column(sort: DatasetSort): Float64Array | null {
    switch (sort) {
      case 'rank':
        return this.#rank;
      case 'chosen':
        return this.#chosen;
      case 'rejected':
        return this.#rejected;
      case 'tokens':
        return this.#tokens;
      case 'place':
        return null;
    }
  }

  #subsetNumber(name: string): number {
    const known = this.#subsetNumbers.get(name);
    if (known !== undefined) return known;
    const number = this.#subsetNames.push(name) - 1;
    this.#subsetNumbers.set(name, number);
    return number;
  }

  #grow(): void {
    this.#kind = doubled(this.#kind, Uint8Array);
    this.#subset = doubled(this.#subset, Int32Array);
    this.#tokens = doubled(this.#tokens, Float64Array);
    this.#rank = doubled(this.#rank, Float64Array);
    this.#chosen = doubled(this.#chosen, Float64Array);
    this.#rejected = doubled(this.#rejected, Float64Array);
    this.#offset = doubled(this.#offset, Float64Array);
    this.#length = doubled(this.#length, Float64Array);
    this.#line = doubled(this.#line, Int32Array);
  }
}

function isInRange(rank: number, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return from === to ? rank === from : from <= rank && rank < to;
}

function doubled<Column extends Uint8Array | Int32Array | Float64Array>(
  column: Column,
  Type: new (length: number) => Column,
): Column {
  const larger = new Type(2 * column.length);
  larger.set(column);
  return larger;
}
