import { decodeValues } from '../../core/checkpoint/decodeTensor';
import type { PlannedSource, RowMap } from '../../core/merging/plan/mergePlan';
import type { FloatDtype } from '../../core/merging/methods/tensorMerge';
import { encodeValues } from './sourceReader';

/** Values of an input, in its format. */
export interface ValueReader {
  read(start: number, into: Uint8Array): void;
}

/** Rows that are averaged at a time. */
const ROWS = 64;
const bytesOf: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * The inputs of a tensor with their rows where the output has them: from the input itself, from another one that has a
 * token which it lacks, an average, or zeros.
 * @param readers of the inputs as they are stored, each in its format; those that lend each other rows in the same.
 */
export function gatherRows(
  readers: readonly ValueReader[],
  sources: readonly PlannedSource[],
  dtypes: readonly FloatDtype[],
): readonly ValueReader[] {
  return readers.map((reader, index) => {
    const { rows } = sources[index];
    return rows === null ? reader : new RowReader({ readers, sources, map: rows, index, dtype: dtypes[index] });
  });
}

interface RowReaderParts {
  readonly readers: readonly ValueReader[];
  readonly sources: readonly PlannedSource[];
  readonly map: RowMap;
  /** Of the input itself. */
  readonly index: number;
  readonly dtype: FloatDtype;
}

class RowReader implements ValueReader {
  readonly #parts: RowReaderParts;
  readonly #width: number;
  readonly #averages = new Map<number, Uint8Array>();

  constructor(parts: RowReaderParts) {
    this.#parts = parts;
    this.#width = parts.sources[parts.index].tensor.shape.slice(1).reduce((product, size) => product * size, 1);
  }

  read(start: number, into: Uint8Array): void {
    const { readers, map, index, dtype } = this.#parts;
    const { rows, owners } = map;
    const size = bytesOf[dtype];
    const end = start + into.length / size;
    for (let at = start; at < end;) {
      const first = Math.floor(at / this.#width);
      const [row, owner] = [rows[first], owners?.[first] ?? index];
      let last = first + 1;
      while (last * this.#width < end && this.#follows(first, last)) last += 1;
      const next = Math.min(end, last * this.#width);
      const within = at - first * this.#width;
      const target = into.subarray((at - start) * size, (next - start) * size);
      if (row === -1) target.fill(0);
      else if (0 <= row) readers[owner].read(row * this.#width + within, target);
      else target.set(this.#average(row).subarray(within * size, within * size + target.length));
      at = next;
    }
  }

  /** Whether a row is read together with an earlier one: it lies behind it in the same table, or both are zeros. */
  #follows(first: number, row: number): boolean {
    const { rows, owners } = this.#parts.map;
    if (rows[first] < -1) return false;
    if (rows[first] === -1) return rows[row] === -1;
    return rows[row] === rows[first] + row - first && owners?.[row] === owners?.[first];
  }

  /** @param code −2: of all rows that stand for tokens; below, of `averages[−3 − code]`. */
  #average(code: number): Uint8Array {
    const known = this.#averages.get(code);
    if (known !== undefined) return known;
    const { averages, tokens } = this.#parts.map;
    const { readers, dtype } = this.#parts;
    const sums = new Float64Array(this.#width);
    const count = code === -2 ? tokens : averages[-3 - code].length;
    if (code === -2) this.#addRows(this, { first: 0, end: tokens, sums });
    else
      for (const { source, row } of averages[-3 - code])
        this.#addRows(readers[source], { first: row, end: row + 1, sums });
    const values = Float32Array.from(sums, (sum) => (count === 0 ? 0 : sum / count));
    const bytes = encodeValues(values, dtype).slice();
    this.#averages.set(code, bytes);
    return bytes;
  }

  #addRows(
    reader: ValueReader,
    { first, end, sums }: { readonly first: number; readonly end: number; readonly sums: Float64Array },
  ): void {
    const { dtype } = this.#parts;
    for (let at = first; at < end; at += ROWS) {
      const count = Math.min(ROWS, end - at) * this.#width;
      const bytes = new Uint8Array(count * bytesOf[dtype]);
      reader.read(at * this.#width, bytes);
      const values = new Float32Array(count);
      decodeValues({ bytes, dtype }, values);
      for (let index = 0; index < count; index += 1) sums[index % this.#width] += values[index];
    }
  }
}
