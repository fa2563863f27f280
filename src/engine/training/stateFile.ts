import { closeSync, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import { describeFileError } from '../checkpoint/describeFileError';
import { readFully } from '../checkpoint/positionalFile';
import type { StateReference } from './featureRecords';

/** Bytes of a matrix that is kept in memory once it is read; of larger ones rows are read from the file as they are wanted. */
const mostKeptBytes = 64 << 20;
/** Bytes that are read at once. */
const readLength = 4 << 20;

/** The states at one place: rows of F32 one after the other, read where they are wanted. */
export class StateFile {
  readonly path: string;
  readonly columns: number;
  readonly #mostKept: number;
  #descriptor: number | null = null;
  #isClosed = false;
  /** Rows whose bytes were held against their checksum, and what came of it. */
  readonly #checked = new Map<number, boolean>();

  constructor(path: string, columns: number, mostKept = mostKeptBytes) {
    this.path = path;
    this.columns = columns;
    this.#mostKept = mostKept;
  }

  get rowLength(): number {
    return 4 * this.columns; // bytes
  }

  /** Whole rows that it has. */
  countRows(): number {
    const descriptor = this.#open();
    return descriptor === null ? 0 : Math.floor(fstatSync(descriptor).size / this.rowLength);
  }

  /**
   * The rows whose bytes are not what was written, or are not there; each is read once.
   * @throws AlidadeError `permission`, `cancelled`.
   */
  findDamaged(references: Iterable<StateReference>, context: Pick<JobContext, 'signal'>): ReadonlySet<number> {
    const checksums = new Map(Array.from(references, ({ row, checksum }) => [row, checksum] as const));
    const rows = this.countRows();
    const unknown = [...checksums.keys()].filter((row) => !this.#checked.has(row)).sort((a, b) => a - b);
    const present = unknown.filter((row) => row < rows);
    const bytes = Buffer.alloc(Math.max(1, Math.floor(readLength / this.rowLength)) * this.rowLength);
    for (const { start, count } of cutRuns(present, bytes.length / this.rowLength)) {
      throwIfCancelled(context.signal);
      const part = bytes.subarray(0, count * this.rowLength);
      this.#read(part, start);
      for (let index = 0; index < count; index += 1) {
        const row = part.subarray(index * this.rowLength, (index + 1) * this.rowLength);
        this.#checked.set(start + index, crc32(row) === checksums.get(start + index));
      }
    }
    return new Set([...checksums.keys()].filter((row) => this.#checked.get(row) !== true));
  }

  /** Rows that this process has written itself need not be read again. */
  trust(row: number): void {
    this.#checked.set(row, true);
  }

  /** Some of its rows, in any order, as a matrix of their own. */
  matrix(rows: Int32Array): FeatureMatrix {
    const { columns } = this;
    let kept: Float32Array | null = null; // [rows, columns]
    const readRows = (indices: ArrayLike<number>, into: Float32Array): void => {
      if (rows.length * this.rowLength <= this.#mostKept) {
        if (kept === null) {
          kept = new Float32Array(rows.length * columns);
          this.#readInto(rows, kept);
        }
        for (let at = 0; at < indices.length; at += 1) {
          const start = indices[at] * columns;
          into.set(kept.subarray(start, start + columns), at * columns);
        }
        return;
      }
      this.#readInto(
        Int32Array.from(indices, (index) => rows[index]),
        into,
      );
    };
    return { rows: rows.length, columns, readRows };
  }

  close(): void {
    this.#isClosed = true;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  /** @param into [rows.length, columns] or longer. */
  #readInto(rows: Int32Array, into: Float32Array): void {
    let done = 0;
    for (const { start, count } of cutRuns(rows, Infinity)) {
      const part = into.subarray(done * this.columns, (done + count) * this.columns);
      this.#read(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), start);
      done += count;
    }
  }

  #read(bytes: Uint8Array, row: number): void {
    const descriptor = this.#open();
    if (descriptor === null) throw new AlidadeError({ code: 'not_found', message: `${this.path} does not exist` });
    readFully(descriptor, bytes, { file: this.path, name: `row ${row}`, offset: row * this.rowLength });
  }

  /** null where there is no file yet. */
  #open(): number | null {
    if (this.#isClosed) throw new AlidadeError({ code: 'internal', message: `${this.path} is closed` });
    if (this.#descriptor !== null) return this.#descriptor;
    try {
      this.#descriptor = openSync(this.path, 'r');
    } catch (error) {
      const failure = describeFileError(error, this.path);
      if (failure.code !== 'not_found') throw failure;
    }
    return this.#descriptor;
  }
}

/** Rows that follow each other, in runs of at most so many. */
function* cutRuns(
  rows: ArrayLike<number>,
  most: number,
): Generator<{ readonly start: number; readonly count: number }> {
  for (let at = 0; at < rows.length;) {
    let count = 1;
    while (count < most && at + count < rows.length && rows[at + count] === rows[at] + count) count += 1;
    yield { start: rows[at], count };
    at += count;
  }
}
