import { FormatError } from '../../core/formatError';
import {
  CsvRecordSplitter,
  parseCsvRecord,
  type CsvRecordBytes,
  type CsvSeparator,
} from '../../core/promptFile/csvRecords';
import { describeJsonError } from '../../core/promptFile/describeJsonError';
import { JsonElementSplitter } from '../../core/promptFile/jsonElements';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { rowOfDataValue, type DataValue, type RowPlace } from '../../core/promptFile/readDataRow';
import { hasScorableColumns, rowOfCells, scorableColumns, type TableColumns } from '../../core/promptFile/rowOfCells';
import { RowProblem } from '../../core/promptFile/rowProblem';
import { detectDataFormat } from './detectDataFormat';
import { refuseBinary } from './refuseBinary';
import { splitLines } from './splitLines';

export interface DataRowsParams {
  readonly source: AsyncIterable<Uint8Array>;
  /** Path or name: for errors, and for what its ending tells. */
  readonly name: string;
  /** Told before each row how many bytes of the source lie before its end; where it has no lines, roughly. */
  readonly onPosition?: ((bytes: number) => void) | undefined;
  /** Which columns of a table are read, and whether there have to be such that can be scored. */
  readonly columns?: TableColumns | undefined;
}

/** Bytes; more are not looked at to know the format. */
const longestHead = 1_000_000;
/** Bytes; a row that is longer is a quote or a bracket that was never closed. */
const longestRow = 256_000_000;

/** The rows of a text file, read as rows to score: `readDataValues`. One that cannot be read has an `error`. */
export async function* readDataRows(params: DataRowsParams): AsyncGenerator<DataRow> {
  for await (const value of readDataValues(params)) yield rowOfDataValue(value);
}

/**
 * The values of a text file one after the other; no more than one and one piece of the source are held. What the format is
 * follows from the content.
 * @throws AlidadeError `unsupported` for other formats; FormatError for JSON that breaks off (after its complete rows), and
 * for a table without columns to score.
 */
export async function* readDataValues({
  source,
  name,
  onPosition,
  columns = 'scorable',
}: DataRowsParams): AsyncGenerator<DataValue> {
  const chunks = withoutMark(source)[Symbol.asyncIterator]();
  const head = await readHead(chunks);
  refuseBinary(head.bytes, name);
  const format = detectDataFormat({ text: new TextDecoder().decode(head.bytes), name });
  const params = {
    chunks: chain([head.bytes], chunks),
    name,
    onPosition: onPosition ?? ((): void => undefined),
    columns,
  };
  if (format.kind === 'jsonl') yield* readLines(params);
  else if (format.kind === 'json') yield* readElements(params);
  else yield* readRecords({ ...params, separator: format.separator });
}

/**
 * Looks at the beginning of a file for what `readDataRows` would refuse as a whole: worth knowing before a model is opened.
 * @throws AlidadeError `unsupported`, `format`
 */
export function checkBeginning(head: Uint8Array, name: string, columns: TableColumns = 'scorable'): void {
  refuseBinary(head, name);
  const text = new TextDecoder().decode(head).trimStart();
  const lineEnd = text.indexOf('\n');
  const format = detectDataFormat({ text, name });
  if (lineEnd < 0 || format.kind !== 'csv' || columns === 'all') return;
  refuseColumns(parseCsvRecord(text.slice(0, lineEnd), format.separator).cells, name);
}

interface StreamParams {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly name: string;
  readonly onPosition: (bytes: number) => void;
  readonly columns: TableColumns;
}

async function* readLines({ chunks, name, onPosition }: StreamParams): AsyncGenerator<DataValue> {
  let line = 0;
  let bytes = 0;
  for await (const content of splitLines(chunks, name)) {
    bytes += content.length + 1;
    const value = isBlank(content) ? null : readJson(content, placeOf(line, line));
    line += 1;
    if (value === null) continue;
    onPosition(bytes);
    yield value;
  }
}

/** JSON that stands for itself, as a line of JSONL does. */
function readJson(bytes: Uint8Array, place: RowPlace): DataValue {
  const text = decode(bytes)?.trim();
  if (text === undefined) return { place, problem: 'not valid UTF-8' };
  try {
    return { place, value: JSON.parse(text) as unknown };
  } catch {
    return { place, problem: describeJsonError(text).message };
  }
}

async function* readElements({ chunks, name, onPosition }: StreamParams): AsyncGenerator<DataValue> {
  const splitter = new JsonElementSplitter();
  let count = 0;
  let bytes = 0;
  for await (const chunk of chunks) {
    const before = bytes;
    bytes += chunk.length;
    const elements = splitter.push(chunk);
    for (const [index, element] of elements.entries()) {
      onPosition(Math.round(before + (chunk.length * (index + 1)) / elements.length));
      yield readJson(element.bytes, placeOf(element.line, count));
      count += 1;
    }
    if (splitter.problem !== null) break;
    refuseEndlessRow(splitter.waiting, name, count);
  }
  const problem = splitter.end();
  if (problem !== null) throw new FormatError({ problem: `not JSON: ${problem}`, file: name, hint: 'mend the file' });
}

async function* readRecords(params: StreamParams & { readonly separator: CsvSeparator }): AsyncGenerator<DataValue> {
  const { chunks, name, onPosition, separator, columns } = params;
  let header: readonly string[] | null = null;
  let count = 0;
  let bytes = 0;
  for await (const { record, position } of splitRecords(chunks, separator, name)) {
    bytes = position;
    if (isBlank(record.bytes)) continue;
    if (header === null) {
      header = readHeader(record, params);
      continue;
    }
    onPosition(bytes);
    yield readRecord(record, { header, separator, columns, index: count });
    count += 1;
  }
}

async function* splitRecords(
  chunks: AsyncIterable<Uint8Array>,
  separator: CsvSeparator,
  name: string,
): AsyncGenerator<{ readonly record: CsvRecordBytes; readonly position: number }> {
  const splitter = new CsvRecordSplitter(separator);
  let count = 0;
  let bytes = 0;
  for await (const chunk of chunks) {
    const before = bytes;
    bytes += chunk.length;
    const records = splitter.push(chunk);
    for (const [index, record] of records.entries()) {
      yield { record, position: Math.round(before + (chunk.length * (index + 1)) / records.length) };
    }
    count += records.length;
    refuseEndlessRow(splitter.waiting, name, count);
  }
  const last = splitter.end();
  if (last !== null) yield { record: last, position: bytes };
}

function readHeader(
  { bytes }: CsvRecordBytes,
  { separator, name, columns }: StreamParams & { readonly separator: CsvSeparator },
): readonly string[] {
  const text = decode(bytes);
  if (text === null) throw new FormatError({ problem: 'its header is not valid UTF-8', file: name });
  const { cells } = parseCsvRecord(text, separator);
  if (columns === 'scorable') refuseColumns(cells, name);
  return cells;
}

/** @throws FormatError unless a table with these columns can have rows to score. */
export function refuseColumns(columns: readonly string[], name: string): void {
  if (hasScorableColumns(columns)) return;
  throw new FormatError({
    problem: `none of its columns can be scored (${columns.slice(0, 20).join(', ')})`,
    file: name,
    hint: `it needs ${scorableColumns}`,
  });
}

interface RecordParams {
  readonly header: readonly string[];
  readonly separator: CsvSeparator;
  readonly columns: TableColumns;
  readonly index: number;
}

function readRecord({ bytes, line }: CsvRecordBytes, { header, separator, columns, index }: RecordParams): DataValue {
  const place = placeOf(line, index);
  const text = decode(bytes);
  if (text === null) return { place, problem: 'not valid UTF-8' };
  const { cells, problem } = parseCsvRecord(text, separator);
  if (problem !== null) return { place, problem };
  if (cells.length !== header.length) {
    return { place, problem: `it has ${cells.length} cells, and the header has ${header.length}` };
  }
  try {
    const named = header.map((name, column) => [name, cells[column]] as const);
    return { place, value: rowOfCells(named, columns) };
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    return { place, problem: error.message };
  }
}

function placeOf(line: number, index: number): RowPlace {
  return { line, fallbackId: String(index + 1) };
}

function refuseEndlessRow(waiting: number, name: string, rows: number): void {
  if (waiting <= longestRow) return;
  throw new FormatError({
    problem: `row ${rows + 1} is longer than ${longestRow / 1e6} MB`,
    file: name,
    hint: 'a quotation mark or a bracket may never be closed',
  });
}

/** The beginning of a source: up to the end of its first line that is not blank, if that comes soon. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<{ readonly bytes: Uint8Array }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Whoever writes rows into a pipe may wait for the answer to the first.
  while (length < longestHead) {
    const next = await chunks.next();
    if (next.done === true) break;
    parts.push(next.value);
    length += next.value.length;
    if (hasFilledLine(next.value, parts)) break;
  }
  return { bytes: Buffer.concat(parts) };
}

function hasFilledLine(last: Uint8Array, parts: readonly Uint8Array[]): boolean {
  if (!last.includes(0x0a)) return false;
  const all = Buffer.concat(parts);
  return !isBlank(all.subarray(0, all.lastIndexOf(0x0a)));
}

/** null: not UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a);
}

/** Without the byte-order mark. */
async function* withoutMark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | null = new Uint8Array();
  for await (const chunk of source) {
    if (first === null) {
      yield chunk;
      continue;
    }
    first = Buffer.concat([first, chunk]);
    if (first.length < 3) continue;
    yield first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? first.subarray(3) : first;
    first = null;
  }
  if (first !== null && 0 < first.length) yield first;
}

async function* chain(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array> & AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}
