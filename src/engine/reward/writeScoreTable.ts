import { schemaFromColumnData } from 'hyparquet-writer';
import type { JobContext } from '../../core/jobContext';
import { FlatColumns, flattenScoredRow, type FlatColumn, type FlatRow } from '../../core/reward/flattenScoredRow';
import type { OutputRow } from '../../core/reward/outputRow';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { CsvTable, ParquetTable, writeTableFile } from '../tableFile';

type ColumnSource = Parameters<typeof schemaFromColumnData>[0]['columnData'][number];

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
  const names = columns.map(({ name }) => name);
  await writeTableFile<FlatRow>({
    path,
    rows: flattenAll(rows(), context.signal),
    groupRows,
    open: (file) =>
      format === 'csv'
        ? new CsvTable(file, names, (row) => names.map((name) => row[name] ?? null))
        : new ParquetTable(file, schemaFromColumnData({ columnData: columnData(columns, []) }), (group) =>
            columnData(columns, group),
          ),
  });
}

/** Parquet's types for columns of scores; all columns but `id` are optional. */
const types = { text: 'STRING', double: 'DOUBLE', integer: 'INT32', boolean: 'BOOLEAN' } as const;

function columnData(columns: readonly FlatColumn[], rows: readonly FlatRow[]): ColumnSource[] {
  return columns.map(({ name, type }) => ({
    name,
    type: types[type],
    nullable: name !== 'id',
    data: rows.map((row) => row[name] ?? null),
  }));
}

async function* flattenAll(rows: AsyncIterable<OutputRow>, signal: AbortSignal): AsyncGenerator<FlatRow> {
  for await (const row of rows) {
    throwIfCancelled(signal);
    yield* flattenScoredRow(row);
  }
}
