import type { RotaryConfig } from '../checkpoint/modelConfig';
import { rotaryKey } from './rotaryFrequencies';
import { buildRotaryTable } from './rotaryTable';
import type { RotaryTable } from './rotaryTable';

/** Positions by which the tables grow: token by token they would be made anew for each. */
const step = 256;

/** Names of the graph's inputs that carry a rotary table: `cosine` and `sine`, then `cosine_1` and `sine_1`, … */
export function rotaryInputNames(table: number): { readonly cosine: string; readonly sine: string } {
  const suffix = table === 0 ? '' : `_${table}`;
  return { cosine: `cosine${suffix}`, sine: `sine${suffix}` };
}

export interface RotaryFeed {
  readonly name: string;
  readonly data: Float32Array;
  /** [positions, rotary / 2] */
  readonly dims: readonly [number, number];
}

/** The rotary tables of one decoder, made when they are asked for and kept until others are needed. */
export class RotaryTables {
  readonly #rotaries: readonly RotaryConfig[];
  #tables: readonly RotaryTable[] = [];
  #key = '';
  #positions = 0;

  constructor(rotaries: readonly RotaryConfig[]) {
    this.#rotaries = rotaries;
  }

  /** Names the tables that hold for a sequence of a length: a cache that was filled under another name is void. */
  key(sequenceLength: number): string {
    return this.#rotaries.map((rotary) => rotaryKey(rotary, sequenceLength)).join();
  }

  /** What the graph is fed for sequences of a length; every table covers at least `positions`. */
  feeds({ positions, sequenceLength }: { readonly positions: number; readonly sequenceLength: number }): RotaryFeed[] {
    const key = this.key(sequenceLength);
    if (key !== this.#key || this.#positions < positions) {
      this.#key = key;
      this.#positions = Math.ceil(positions / step) * step;
      const size = { positions: this.#positions, sequenceLength };
      this.#tables = this.#rotaries.map((rotary) => buildRotaryTable(rotary, size));
    }
    return this.#tables.flatMap((table, index) => {
      const names = rotaryInputNames(index);
      const dims = [table.positions, table.cosine.length / table.positions] as const;
      return [
        { name: names.cosine, data: table.cosine, dims },
        { name: names.sine, data: table.sine, dims },
      ];
    });
  }
}
