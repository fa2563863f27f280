import type { OutputRow } from './outputRow';
import type { RewardBreakdown } from './rewardBreakdown';

export type Cell = string | number | boolean;

/** A line of a table: cells by column, those that a row does not have left out. */
export type FlatRow = Readonly<Record<string, Cell>>;

export interface FlatColumn {
  readonly name: string;
  readonly type: 'text' | 'double' | 'integer' | 'boolean';
}

/**
 * A scored row as lines of a table: one, but for a list of responses one for each of them. Columns: `id`; `score`,
 * `tokens`, `truncated` and for each objective `NAME_reward`, `NAME_rating`, `NAME_gate`, `NAME_coefficient`,
 * `NAME_contribution`; for pairs all of these with `chosen_` and `rejected_` before them, and `margin`; for lists
 * `response` (from 0) and `best`; for a judge `pChosen`, `pChosenFirst`, `pChosenSecond`; `error` (its code) and
 * `message`. Hidden states have no columns.
 */
export function flattenScoredRow(scored: OutputRow): readonly FlatRow[] {
  const { id } = scored;
  if ('error' in scored) return [{ id, error: scored.error.code, message: scored.error.message }];
  if ('pChosen' in scored) {
    const { pChosen, pChosenFirst, pChosenSecond } = scored;
    return [{ id, pChosen, pChosenFirst, pChosenSecond }];
  }
  if ('margin' in scored) {
    const { chosen, rejected, margin } = scored;
    return [{ id, ...flatten(chosen, 'chosen_'), ...flatten(rejected, 'rejected_'), margin }];
  }
  if ('responses' in scored) {
    return scored.responses.map((breakdown, response) => ({
      id,
      response,
      best: response === scored.best,
      ...flatten(breakdown, ''),
    }));
  }
  return [{ id, ...flatten(scored, '') }];
}

function flatten({ score, tokens, truncated, objectives }: RewardBreakdown, prefix: string): FlatRow {
  const cells: Record<string, Cell> = {
    [`${prefix}score`]: score,
    [`${prefix}tokens`]: tokens,
    [`${prefix}truncated`]: truncated,
  };
  for (const { name, ...values } of objectives) {
    for (const [key, value] of Object.entries(values)) cells[`${prefix}${name}_${key}`] = value;
  }
  return cells;
}

const integers: ReadonlySet<string> = new Set(['tokens', 'chosen_tokens', 'rejected_tokens', 'response']);
/** What says that a row was not scored stands at the end. */
const lastColumns: readonly string[] = ['error', 'message'];

/** Collects the columns of a table line by line; `error` and `message` are always among them. */
export class FlatColumns {
  readonly #columns = new Map<string, FlatColumn>([['id', { name: 'id', type: 'text' }]]);

  add(row: FlatRow): void {
    for (const [name, value] of Object.entries(row)) {
      if (this.#columns.has(name) || lastColumns.includes(name)) continue;
      this.#columns.set(name, { name, type: typeOf(name, value) });
    }
  }

  /** In the order in which they were met. */
  get columns(): readonly FlatColumn[] {
    return [...this.#columns.values(), ...lastColumns.map((name): FlatColumn => ({ name, type: 'text' }))];
  }
}

function typeOf(name: string, value: Cell): FlatColumn['type'] {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'boolean';
  return integers.has(name) ? 'integer' : 'double';
}
