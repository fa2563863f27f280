/** A record as it stands in the file. */
export interface CsvRecordBytes {
  /** Without the line break at its end. */
  readonly bytes: Uint8Array;
  /** Line on which it begins, from 0. */
  readonly line: number;
}

export type CsvSeparator = ',' | '\t' | ';';

const quote = 0x22;
const lineFeed = 0x0a;

/**
 * Cuts CSV (RFC 4180) into records as its bytes arrive, and holds no more than the record at hand: a line break within
 * quotes does not end one. A quote opens only at the beginning of a cell, so that those within plain text do no harm.
 */
export class CsvRecordSplitter {
  readonly #separator: number;
  #pieces: Uint8Array[] = [];
  #isQuoted = false;
  #isAtCellStart = true;
  /** The byte before was a quote that has closed a cell, unless another follows. */
  #wasQuote = false;
  #line = 0;
  #recordLine = 0;

  constructor(separator: CsvSeparator) {
    this.#separator = separator.charCodeAt(0);
  }

  /** The records that are complete with some more bytes. */
  push(chunk: Uint8Array): readonly CsvRecordBytes[] {
    const records: CsvRecordBytes[] = [];
    let begin = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const unit = chunk[index];
      if (unit === quote) {
        // The second of two quotes opens again what the first has closed.
        if (this.#isQuoted) this.#isQuoted = false;
        else if (this.#isAtCellStart || this.#wasQuote) this.#isQuoted = true;
        this.#wasQuote = !this.#isQuoted;
        this.#isAtCellStart = false;
        continue;
      }
      this.#wasQuote = false;
      if (unit === lineFeed) {
        this.#line += 1;
        if (!this.#isQuoted) {
          records.push(this.#finish(chunk.subarray(begin, index)));
          begin = index + 1;
        }
      }
      this.#isAtCellStart = !this.#isQuoted && (unit === this.#separator || unit === lineFeed);
    }
    if (begin < chunk.length) this.#pieces.push(chunk.slice(begin));
    return records;
  }

  /** What is left at the end of the file: a record without a line break, or one whose quotes were never closed. */
  end(): CsvRecordBytes | null {
    return this.#pieces.length === 0 ? null : this.#finish(new Uint8Array());
  }

  /** Bytes of the record that is not complete. */
  get waiting(): number {
    return this.#pieces.reduce((sum, { length }) => sum + length, 0);
  }

  #finish(last: Uint8Array): CsvRecordBytes {
    const pieces = [...this.#pieces, last];
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const piece of pieces) {
      bytes.set(piece, end);
      end += piece.length;
    }
    const line = this.#recordLine;
    this.#pieces = [];
    this.#recordLine = this.#line;
    return { bytes, line };
  }
}

export interface CsvRecord {
  readonly cells: readonly string[];
  /** Why they are not to be trusted. */
  readonly problem: string | null;
}

/** The cells of a record, a carriage return at its end left out. */
export function parseCsvRecord(text: string, separator: CsvSeparator): CsvRecord {
  const record = text.endsWith('\r') ? text.slice(0, -1) : text;
  const cells: string[] = [];
  let problem: string | null = null;
  for (let start = 0; ;) {
    const { cell, end, isClosed } =
      record[start] === '"' ? readQuoted(record, start) : readPlain(record, start, separator);
    cells.push(cell);
    if (!isClosed) problem ??= `the quotes of cell ${cells.length} are never closed`;
    if (end === record.length) return { cells, problem };
    if (record[end] !== separator) {
      problem ??= `there is text after the quotes of cell ${cells.length}`;
      const next = record.indexOf(separator, end);
      if (next < 0) return { cells, problem };
      start = next + 1;
    } else start = end + 1;
  }
}

interface ReadCell {
  readonly cell: string;
  /** Offset after it. */
  readonly end: number;
  readonly isClosed: boolean;
}

function readPlain(record: string, start: number, separator: CsvSeparator): ReadCell {
  const found = record.indexOf(separator, start);
  const end = found < 0 ? record.length : found;
  return { cell: record.slice(start, end), end, isClosed: true };
}

function readQuoted(record: string, start: number): ReadCell {
  for (let from = start + 1; ;) {
    const closing = record.indexOf('"', from);
    if (closing < 0) return { cell: unescape(record.slice(start + 1)), end: record.length, isClosed: false };
    if (record[closing + 1] !== '"') {
      return { cell: unescape(record.slice(start + 1, closing)), end: closing + 1, isClosed: true };
    }
    from = closing + 2;
  }
}

function unescape(text: string): string {
  return text.includes('""') ? text.replaceAll('""', '"') : text;
}
