import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { writeCsvRecord } from '../core/promptFile/writeCsvRecord';
import { GrowingFile } from './growingFile';

type Cell = string | number | boolean | null;
type ColumnData = Parameters<ParquetWriter['write']>[0]['columnData'];

/** A table whose columns are known, while its rows are written. */
interface Table<Row> {
  add(rows: readonly Row[]): Promise<void>;
  /** The last rows, and whatever the format puts at the end. */
  finish(rows: readonly Row[]): Promise<void>;
}

export interface TableFileParams<Row> {
  readonly path: string;
  readonly rows: AsyncIterable<Row>;
  /** Rows that are held at a time, and the row groups of Parquet. */
  readonly groupRows: number;
  readonly open: (file: GrowingFile) => Table<Row>;
}

/**
 * Writes a table in memory that does not grow with its rows.
 * @throws AlidadeError `no_space`, `permission`, and what `rows` throws; the file is gone then.
 */
export async function writeTableFile<Row>({ path, rows, groupRows, open }: TableFileParams<Row>): Promise<void> {
  const file = await GrowingFile.open(path);
  try {
    const table = open(file);
    let group: Row[] = [];
    for await (const row of rows) {
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

/** CSV with a header, also where there are no rows. */
export class CsvTable<Row> implements Table<Row> {
  readonly #file: GrowingFile;
  readonly #names: readonly string[];
  readonly #cellsOf: (row: Row) => readonly Cell[];
  #hasHeader = false;

  constructor(file: GrowingFile, names: readonly string[], cellsOf: (row: Row) => readonly Cell[]) {
    this.#file = file;
    this.#names = names;
    this.#cellsOf = cellsOf;
  }

  async add(rows: readonly Row[]): Promise<void> {
    const lines = rows.map((row) => writeCsvRecord(this.#cellsOf(row)));
    if (!this.#hasHeader) lines.unshift(writeCsvRecord(this.#names));
    this.#hasHeader = true;
    await this.#file.append(Buffer.from(lines.join('')));
  }

  finish(rows: readonly Row[]): Promise<void> {
    return this.add(rows);
  }
}

/** Parquet (Snappy), one row group at a time. */
export class ParquetTable<Row> implements Table<Row> {
  readonly #file: GrowingFile;
  readonly #dataOf: (rows: readonly Row[]) => ColumnData;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(
    file: GrowingFile,
    schema: ConstructorParameters<typeof ParquetWriter>[0]['schema'],
    dataOf: (rows: readonly Row[]) => ColumnData,
  ) {
    this.#file = file;
    this.#dataOf = dataOf;
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'alidade' });
  }

  async add(rows: readonly Row[]): Promise<void> {
    if (0 < rows.length) await this.#writer.write({ columnData: this.#dataOf(rows), rowGroupSize: rows.length });
    await this.#flush();
  }

  async finish(rows: readonly Row[]): Promise<void> {
    await this.add(rows);
    await this.#writer.finish();
    await this.#flush();
  }

  /** Its places in the file are counted on, but the bytes are not kept. */
  async #flush(): Promise<void> {
    await this.#file.append(this.#bytes.getBytes());
    this.#bytes.index = 0;
  }
}
