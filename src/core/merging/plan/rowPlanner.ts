import type { RowMap, TableRow } from './mergePlan';
import type { ChosenEmbedding, TokenSource } from './tokenizerPolicy';

export interface RowPlannerParams {
  /** Of the output. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Rows up to the last token. */
  readonly count: number;
  /** With those that only fill up. */
  readonly rows: number;
  readonly models: ReadonlyMap<string, TokenSource>;
  /** By id of the output. */
  readonly chosen: ReadonlyMap<number, ChosenEmbedding>;
}

const ZEROS = -1;
const AVERAGE_OF_ALL = -2;
const FIRST_AVERAGE = -3;

/**
 * Where the rows of a table come from. A token that a model lacks is given the row of the base, of the only other model
 * that has it, the average of those that have it, or zeros: then merging leaves it as it is where it comes from.
 */
export class RowPlanner {
  readonly #params: RowPlannerParams;
  readonly #planned = new Map<string, readonly (RowMap | null)[]>();

  constructor(params: RowPlannerParams) {
    this.#params = params;
  }

  /** @param base key of the base where it is among the models. */
  mapsOf(keys: readonly string[], base: string | null): readonly (RowMap | null)[] {
    const id = JSON.stringify([keys, base]);
    const known = this.#planned.get(id);
    if (known !== undefined) return known;
    const maps = this.#plan(keys, base);
    this.#planned.set(id, maps);
    return maps;
  }

  #plan(keys: readonly string[], base: string | null): readonly (RowMap | null)[] {
    const { vocabulary, count, rows } = this.#params;
    const models = keys.map((key) => this.#params.models.get(key));
    const own = models.map((model) => ownRows(model, vocabulary, count));
    const defaults = this.#defaults(keys, own, base === null ? -1 : keys.indexOf(base));
    const { averages } = defaults;
    return models.map((model, index) => {
      const map = new Int32Array(rows).fill(ZEROS);
      const owners = new Int32Array(rows).fill(index);
      let isBorrowing = false;
      for (let id = 0; id < count; id += 1) {
        const isOwn = 0 <= own[index][id] && !defaults.isForced(id);
        map[id] = isOwn ? own[index][id] : defaults.rows[id];
        if (!isOwn && 0 <= map[id]) owners[id] = defaults.owners[id];
        isBorrowing ||= owners[id] !== index;
      }
      map.fill(AVERAGE_OF_ALL, count);
      const isSame = rows === model?.rows && !isBorrowing && map.every((row, id) => row === id);
      return isSame
        ? null
        : { rows: map, owners: isBorrowing ? owners : null, averages, tokens: count, isMixed: false };
    });
  }

  /** For each token what stands in for it in models that lack it. */
  #defaults(keys: readonly string[], own: readonly Int32Array[], base: number): Defaults {
    const { count, chosen } = this.#params;
    const rows = new Int32Array(count).fill(ZEROS);
    const owners = new Int32Array(count);
    const averages: TableRow[][] = [];
    for (let id = 0; id < count; id += 1) {
      const choice = chosen.get(id);
      if (choice !== undefined) {
        const owner = choice.from === null ? -1 : keys.indexOf(choice.from.key);
        if (choice.from !== null && 0 <= owner) [rows[id], owners[id]] = [choice.from.row, owner];
        continue;
      }
      let having = 0;
      let last = -1;
      for (let index = 0; index < own.length; index += 1) {
        if (own[index][id] < 0) continue;
        having += 1;
        last = index;
      }
      if (having === 0 || having === own.length) continue;
      const donor = having === 1 ? last : 0 <= base && 0 <= own[base][id] ? base : -1;
      if (0 <= donor) {
        rows[id] = own[donor][id];
        owners[id] = donor;
      } else {
        rows[id] = FIRST_AVERAGE - averages.length;
        averages.push(own.flatMap((table, source) => (table[id] < 0 ? [] : [{ source, row: table[id] }])));
      }
    }
    return { rows, owners, averages, isForced: (id) => chosen.get(id)?.isForced === true };
  }
}

interface Defaults {
  readonly rows: Int32Array;
  readonly owners: Int32Array;
  readonly averages: readonly TableRow[][];
  readonly isForced: (id: number) => boolean;
}

/** For each token of the output its row in a model, or −1. */
function ownRows(model: TokenSource | undefined, vocabulary: ReadonlyMap<string, number>, count: number): Int32Array {
  const rows = new Int32Array(count).fill(-1);
  if (model === undefined) return rows;
  for (const [token, id] of vocabulary) {
    const row = model.vocabulary.get(token);
    if (row !== undefined && row < model.rows) rows[id] = row;
  }
  return rows;
}
