import { open, type FileHandle } from 'node:fs/promises';
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { FormatError } from '../../core/formatError';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { rowOfDataValue, type DataValue } from '../../core/promptFile/readDataRow';
import { fieldOfColumn, rowOfCells, type TableColumns } from '../../core/promptFile/rowOfCells';
import { RowProblem } from '../../core/promptFile/rowProblem';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { refuseColumns } from './readDataRows';

/** Rows that are decoded at a time where the file says in which pages they lie; else a row group. */
const mostRows = 2000;

/**
 * Reads the footer of a Parquet file.
 * @throws FormatError for a file that is damaged, or that has no columns to score.
 */
export async function checkParquet(path: string, columns: TableColumns = 'scorable'): Promise<void> {
  const file = await openBuffer(path);
  try {
    await readMetadata(file.buffer, path, columns);
  } finally {
    await file.close();
  }
}

export interface ParquetRowsParams {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Told before each row which share of the file's bytes its place among the rows stands for. */
  readonly onPosition?: ((bytes: number) => void) | undefined;
  /** Which columns are read, and whether there have to be such that can be scored. */
  readonly columns?: TableColumns | undefined;
}

/** The rows of a Parquet file, read as rows to score: `readParquetValues`. */
export async function* readParquetRows(params: ParquetRowsParams): AsyncGenerator<DataRow> {
  for await (const value of readParquetValues(params)) yield rowOfDataValue(value);
}

/**
 * The rows of a Parquet file as JSON would have them, one row group at a time. 64-bit integers become numbers, or text
 * where a number would not hold them.
 * @throws FormatError for a damaged file, `cancelled`.
 */
export async function* readParquetValues({
  path,
  signal,
  onPosition,
  columns: wanted = 'scorable',
}: ParquetRowsParams): AsyncGenerator<DataValue> {
  const file = await openBuffer(path);
  try {
    const metadata = await readMetadata(file.buffer, path, wanted);
    const columns = listColumns(metadata).filter((name) => wanted === 'all' || fieldOfColumn(name) !== null);
    const total = Number(metadata.num_rows);
    let index = 0;
    for (const { rowStart, rowEnd } of listRanges(metadata)) {
      throwIfCancelled(signal);
      const rows = await readRange({ file: file.buffer, metadata, columns, rowStart, rowEnd }, path);
      for (const row of rows) {
        onPosition?.(Math.round((file.buffer.byteLength * (index + 1)) / total));
        yield readRow(row, index, wanted);
        index += 1;
      }
    }
  } finally {
    await file.close();
  }
}

function readRow(row: Readonly<Record<string, unknown>>, index: number, columns: TableColumns): DataValue {
  const place = { line: index, fallbackId: String(index + 1) };
  try {
    const cells = Object.entries(row).map(([name, value]) => [name, plainValue(value)] as const);
    return { place, value: rowOfCells(cells, columns) };
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    return { place, problem: error.message };
  }
}

/** A value as JSON would have it; members of objects that are null are left out. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plainValue);
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plainValue(member)]));
}

async function readMetadata(file: AsyncBuffer, path: string, columns: TableColumns): Promise<FileMetaData> {
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file, { geoparquet: false });
  } catch (error) {
    throw damaged(path, 'its footer cannot be read', error);
  }
  if (columns === 'scorable') refuseColumns(listColumns(metadata), path);
  return metadata;
}

function listColumns(metadata: FileMetaData): readonly string[] {
  return parquetSchema(metadata).children.map(({ element }) => element.name);
}

interface RowRange {
  readonly rowStart: number;
  readonly rowEnd: number;
}

function* listRanges({ row_groups: groups }: FileMetaData): Generator<RowRange> {
  let start = 0;
  for (const { num_rows: count, columns } of groups) {
    const end = start + Number(count);
    const hasIndex = columns.every((column) => column.offset_index_offset !== undefined);
    const step = hasIndex ? mostRows : end - start;
    for (; start < end; start += step) yield { rowStart: start, rowEnd: Math.min(end, start + step) };
    start = end;
  }
}

async function readRange(
  range: RowRange & {
    readonly file: AsyncBuffer;
    readonly metadata: FileMetaData;
    readonly columns: readonly string[];
  },
  path: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  const { rowStart, rowEnd, file, metadata } = range;
  const columns = [...range.columns];
  try {
    const rows = await parquetReadObjects({
      file,
      metadata,
      columns,
      rowStart,
      rowEnd,
      compressors,
      useOffsetIndex: true,
    });
    if (rows.length === rowEnd - rowStart) return rows;
  } catch (error) {
    throw damaged(path, `rows ${rowStart + 1} to ${rowEnd} cannot be decoded`, error);
  }
  throw damaged(path, `rows ${rowStart + 1} to ${rowEnd} are not all there`, null);
}

function damaged(path: string, what: string, cause: unknown): Error {
  const detail = cause instanceof Error ? `: ${cause.message}` : '';
  return new FormatError({ problem: `${what}${detail}`, file: path, hint: 'the file may be damaged' });
}

/** The file as the reader wants it. */
async function openBuffer(
  path: string,
): Promise<{ readonly buffer: AsyncBuffer; readonly close: () => Promise<void> }> {
  try {
    const file = await open(path, 'r');
    const { size } = await file.stat();
    const buffer: AsyncBuffer = { byteLength: size, slice: (start, end = size) => readSlice(file, start, end) };
    return { buffer, close: () => file.close() };
  } catch (error) {
    throw describeFileError(error, path);
  }
}

async function readSlice(file: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const { size } = await file.stat();
  if (start < 0 || end < start || size < end) throw new Error(`bytes ${start} to ${end} are not in the file`);
  const bytes = new Uint8Array(end - start);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
    if (bytesRead === 0) throw new Error('the file ends early');
    done += bytesRead;
  }
  return bytes.buffer;
}
