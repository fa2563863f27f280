import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { AlidadeError } from '../../core/alidadeError';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { rowOfDataValue, type DataValue } from '../../core/promptFile/readDataRow';
import type { TableColumns } from '../../core/promptFile/rowOfCells';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { checkParquet, readParquetValues } from './parquetRows';
import { checkBeginning, readDataValues } from './readDataRows';
import { isParquet } from './refuseBinary';

export interface ReadRowsParams {
  readonly signal: AbortSignal;
  /** Told before each row how many bytes of the input lie before its end, roughly where it has no lines. */
  readonly onPosition?: ((bytes: number) => void) | undefined;
}

/** A source of rows. */
export interface DataInput {
  readonly name: string;
  /** Bytes; null: not known before its end. */
  readonly size: number | null;
  /** Knows the content again, hexadecimal; null for what can be read only once. */
  readonly hash: ((signal: AbortSignal) => Promise<string>) | null;
  /**
   * Its rows in their order; one that cannot be read has an `error`.
   * @throws AlidadeError for what concerns the whole input: `format`, `unsupported`, `not_found`, `permission`.
   */
  rows(params: ReadRowsParams): AsyncGenerator<DataRow>;
  /** The same as they stand there, of tables the columns that were asked for. @throws as `rows` */
  values(params: ReadRowsParams): AsyncGenerator<DataValue>;
}

export interface DataInputsParams {
  /** Files, and folders of files of one kind, as LMFlow has them; `-` is standard input. */
  readonly paths: readonly string[];
  /** What `-` reads. */
  readonly standardInput?: Readable | undefined;
  /** Of tables: those that mean something for scoring, or all. Default: `scorable`. */
  readonly columns?: TableColumns | undefined;
}

/**
 * The inputs of a run, each looked at before anything slow begins.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`, `format`
 */
export async function openDataInputs({
  paths,
  standardInput,
  columns = 'scorable',
}: DataInputsParams): Promise<readonly DataInput[]> {
  const inputs: DataInput[] = [];
  for (const path of paths) {
    if (path === '-' && standardInput !== undefined) inputs.push(openStream(standardInput, columns));
    else for (const file of await listFiles(path)) inputs.push(await openFile(file, columns));
  }
  return inputs;
}

function openStream(stream: Readable, columns: TableColumns): DataInput {
  const name = 'standard input';
  return withRows({
    name,
    size: null,
    hash: null,
    values: ({ signal, onPosition }) =>
      readDataValues({ source: addAbortSignal(signal, stream), name, onPosition, columns }),
  });
}

function withRows(input: Omit<DataInput, 'rows'>): DataInput {
  return { ...input, rows: (params) => readRows(input.values(params)) };
}

async function* readRows(values: AsyncGenerator<DataValue>): AsyncGenerator<DataRow> {
  for await (const value of values) yield rowOfDataValue(value);
}

const dataEndings: ReadonlySet<string> = new Set(['.json', '.jsonl', '.ndjson', '.csv', '.tsv', '.parquet']);

/** The file itself, or the files of a folder in the order of their names. */
async function listFiles(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => !name.startsWith('.') && dataEndings.has(endingOf(name)));
    const endings = [...new Set(names.map(endingOf))];
    if (endings.length === 1) return names.sort().map((name) => join(path, name));
    const found = endings.length === 0 ? 'no data files' : `files of several kinds (${endings.sort().join(', ')})`;
    const hint = endings.length === 0 ? 'give a folder of .json, .jsonl, .csv or .parquet files' : 'name the files';
    throw new AlidadeError({ code: 'unsupported', message: `${path} is a folder with ${found}`, hint });
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function endingOf(name: string): string {
  return extname(name).toLowerCase();
}

async function openFile(path: string, columns: TableColumns): Promise<DataInput> {
  const found = await stat(path);
  const isFile = found.isFile();
  const head = isFile ? await readHead(path) : new Uint8Array();
  const table = isParquet(head);
  if (table) await checkParquet(path, columns);
  else checkBeginning(head, path, columns);
  return withRows({
    name: path,
    size: isFile ? found.size : null,
    hash: isFile ? (signal) => hashFile(path, signal) : null,
    values: ({ signal, onPosition }) =>
      table
        ? readParquetValues({ path, signal, onPosition, columns })
        : readDataValues({ source: readBytes(path, signal), name: path, onPosition, columns }),
  });
}

/** Bytes: enough for what tells the format, and for the header of a table. */
const headBytes = 65_536;

/** The beginning of a file. */
async function readHead(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw describeFileError(error, path);
  }
}

async function* readBytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    throwIfCancelled(signal);
    throw describeFileError(error, path);
  }
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readBytes(path, signal)) hash.update(chunk);
  return hash.digest('hex');
}
