import type { RefusedRows } from './trainingData';

/** Counts what is not used, by its reason. */
export class Refusals {
  readonly #reasons = new Map<string, { count: number; readonly first: string }>();

  /** @param place of the row: file and line. */
  add(reason: string, place: string): void {
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { count: 1, first: place });
    else known.count += 1;
  }

  get count(): number {
    return [...this.#reasons.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** The most frequent reason first. */
  list(): readonly RefusedRows[] {
    return [...this.#reasons]
      .map(([reason, { count, first }]) => ({ reason, count, first }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }
}

/** "12 rows: no `toxic` (first: a.jsonl:3)" */
export function describeRefused({ reason, count, first }: RefusedRows): string {
  return count === 1 ? `1 row: ${reason} (${first})` : `${count} rows: ${reason} (first: ${first})`;
}
