import type { JobContext } from '../../core/jobContext';
import { writeCsvRecord } from '../../core/promptFile/writeCsvRecord';
import { FlatColumns, flattenScoredRow, type FlatColumn, type FlatRow } from '../../core/reward/flattenScoredRow';
import type { OutputRow } from '../../core/reward/outputRow';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { GrowingFile } from '../growingFile';
import { ParquetTable } from './parquetTable';

export interface ScoreTableParams {
  /** The scored rows; read twice, since the columns follow from all of them. */
  readonly rows: () => AsyncIterable<OutputRow>;
  readonly path: string;
  readonly format: 'csv' | 'parquet';
}

/** Rows that are held at a time. */
const groupRows = 5000;

/**
 * Writes scored rows as a table (its columns: `flattenScoredRow`), in memory that does not grow with them.
 * @throws AlidadeError `no_space`, `permission`, `cancelled`; the file is gone then.
 */
export async function writeScoreTable({ rows, path, format }: ScoreTableParams, context: JobContext): Promise<void> {
  const found = new FlatColumns();
  for await (const row of flattenAll(rows(), context.signal)) found.add(row);
  const { columns } = found;
  const file = await GrowingFile.open(path);
  try {
    const table = format === 'csv' ? new CsvTable(file, columns) : new ParquetTable(file, columns);
    let group: FlatRow[] = [];
    for await (const row of flattenAll(rows(), context.signal)) {
      group.push(row);
      if (group.length < groupRows) continue;
      await table.add(group);
      group = [];
    }
    await table.finish(group);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

class CsvTable {
  readonly #file: GrowingFile;
  readonly #columns: readonly FlatColumn[];
  #hasHeader = false;

  constructor(file: GrowingFile, columns: readonly FlatColumn[]) {
    this.#file = file;
    this.#columns = columns;
  }

  async add(rows: readonly FlatRow[]): Promise<void> {
    const lines = rows.map((row) => writeCsvRecord(this.#columns.map(({ name }) => row[name] ?? null)));
    if (!this.#hasHeader) lines.unshift(writeCsvRecord(this.#columns.map(({ name }) => name)));
    this.#hasHeader = true;
    await this.#file.append(Buffer.from(lines.join('')));
  }

  finish(rows: readonly FlatRow[]): Promise<void> {
    return this.add(rows);
  }
}

async function* flattenAll(rows: AsyncIterable<OutputRow>, signal: AbortSignal): AsyncGenerator<FlatRow> {
  for await (const row of rows) {
    throwIfCancelled(signal);
    yield* flattenScoredRow(row);
  }
}
