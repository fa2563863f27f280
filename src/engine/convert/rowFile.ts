import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { ColumnShapes, type ColumnShape } from '../../core/convert/columnShape';
import type { Fields, FileKind } from '../../core/convert/conversionFormat';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';
import { splitLines } from '../promptFile/splitLines';
import { CsvTable, ParquetTable, writeTableFile } from '../tableFile';
import { parquetSchemaOf } from './parquetSchema';

export interface RowFileParams {
  /** Absent until it is complete. */
  readonly path: string;
  readonly kind: FileKind;
  /** Makes a JSON file LMFlow's object of this type. */
  readonly lmflowType?: string | undefined;
}

/** Characters that are written at a time. */
const blockLength = 262_144;
/** Rows of a table that are held at a time. */
const groupRows = 2000;

/** @throws AlidadeError `exists` when there is something under the name. */
export async function refuseExisting(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw describeFileError(error, path);
  }
  throw new AlidadeError({ code: 'exists', message: `${path} exists`, hint: 'choose another name, or remove it' });
}

/**
 * A data file while its rows are written, in memory that does not grow with them. The file appears under its name when it
 * is complete. The columns of tables follow from all rows, so those wait as JSON lines until the end.
 * @throws AlidadeError `exists`, `not_found` (folder), `permission`, `no_space`.
 */
export class RowFile {
  readonly #params: RowFileParams;
  readonly #file: GrowingFile;
  readonly #shapes: ColumnShapes | null;
  #waiting: string[] = [];
  #waitingLength = 0;
  #rows = 0;

  private constructor(params: RowFileParams, file: GrowingFile) {
    this.#params = params;
    this.#file = file;
    this.#shapes = isTable(params.kind) ? new ColumnShapes() : null;
  }

  static async open(params: RowFileParams): Promise<RowFile> {
    await refuseExisting(params.path);
    const file = new RowFile(params, await GrowingFile.open(workNames(params.path).rows));
    if (params.kind === 'json') file.#push(file.#opening);
    return file;
  }

  /** @param text the row as JSON. */
  async add(row: Fields, text: string): Promise<void> {
    this.#shapes?.add(row);
    if (this.#params.kind === 'json') this.#push(`${this.#rows === 0 ? '' : ','}\n  ${text}`);
    else this.#push(`${text}\n`);
    this.#rows += 1;
    if (blockLength < this.#waitingLength) await this.#flush();
  }

  /** Puts the file in its place. */
  async finish(signal: AbortSignal): Promise<void> {
    const { path, kind, lmflowType } = this.#params;
    const { rows, table } = workNames(path);
    try {
      if (this.#shapes?.columns.size === 0) {
        throw new AlidadeError({
          code: 'format',
          message: `there are no rows, of which ${path} could get its columns`,
          hint: 'write .jsonl',
        });
      }
      if (kind === 'json') this.#push(lmflowType === undefined ? '\n]\n' : '\n]}\n');
      await this.#flush();
      await this.#file.sync();
      await this.#file.close();
      if (this.#shapes !== null) await writeTable(this.#shapes.columns, { path, kind, signal });
      await refuseExisting(path);
      await rename(this.#shapes === null ? rows : table, path);
      await rm(rows, { force: true });
    } catch (error) {
      await this.discard();
      throw describeFileError(error, path);
    }
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#file.discard();
    await rm(workNames(this.#params.path).table, { force: true }).catch(() => undefined);
  }

  get #opening(): string {
    const { lmflowType } = this.#params;
    return lmflowType === undefined ? '[' : `{"type": ${JSON.stringify(lmflowType)}, "instances": [`;
  }

  #push(text: string): void {
    this.#waiting.push(text);
    this.#waitingLength += text.length;
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#waitingLength = 0;
    await this.#file.append(Buffer.from(text));
  }
}

function isTable(kind: FileKind): boolean {
  return kind === 'csv' || kind === 'parquet';
}

function workNames(path: string): { readonly rows: string; readonly table: string } {
  return { rows: `${path}.${process.pid}.tmp`, table: `${path}.${process.pid}.table.tmp` };
}

interface TableParams {
  readonly path: string;
  readonly kind: FileKind;
  readonly signal: AbortSignal;
}

async function writeTable(
  columns: ReadonlyMap<string, ColumnShape>,
  { path, kind, signal }: TableParams,
): Promise<void> {
  const work = workNames(path);
  const names = [...columns.keys()];
  await writeTableFile<Fields>({
    path: work.table,
    rows: readLines(work.rows, signal),
    groupRows,
    open: (file) =>
      kind === 'csv'
        ? new CsvTable(file, names, (row) => names.map((name) => cellOf(row[name])))
        : new ParquetTable(file, parquetSchemaOf(columns), (rows) =>
            names.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) })),
          ),
  });
}

async function* readLines(path: string, signal: AbortSignal): AsyncGenerator<Fields> {
  for await (const line of splitLines(createReadStream(path) as AsyncIterable<Buffer>, path)) {
    throwIfCancelled(signal);
    yield JSON.parse(Buffer.from(line).toString('utf8')) as Fields;
  }
}

/** Lists and objects are JSON in a cell. */
function cellOf(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
