import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { Cell, FlatColumn, FlatRow } from '../../core/reward/flattenScoredRow';
import type { GrowingFile } from '../growingFile';

type ColumnSource = Parameters<ParquetWriter['write']>[0]['columnData'][number];

/** Parquet's types for columns of scores. */
const types = { text: 'STRING', double: 'DOUBLE', integer: 'INT32', boolean: 'BOOLEAN' } as const;

/** Writes scores as Parquet (Snappy), one row group at a time; all columns but `id` are optional. */
export class ParquetTable {
  readonly #file: GrowingFile;
  readonly #columns: readonly FlatColumn[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(file: GrowingFile, columns: readonly FlatColumn[]) {
    this.#file = file;
    this.#columns = columns;
    const schema = schemaFromColumnData({ columnData: this.#describe([]) });
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'alidade' });
  }

  /** A row group. */
  async add(rows: readonly FlatRow[]): Promise<void> {
    if (0 < rows.length) await this.#writer.write({ columnData: this.#describe(rows), rowGroupSize: rows.length });
    await this.#flush();
  }

  /** The last row group and the index. */
  async finish(rows: readonly FlatRow[]): Promise<void> {
    await this.add(rows);
    await this.#writer.finish();
    await this.#flush();
  }

  #describe(rows: readonly FlatRow[]): ColumnSource[] {
    return this.#columns.map(({ name, type }) => ({
      name,
      type: types[type],
      nullable: name !== 'id',
      data: rows.map((row): Cell | null => row[name] ?? null),
    }));
  }

  /** Its places in the file are counted on, but the bytes are not kept. */
  async #flush(): Promise<void> {
    await this.#file.append(this.#bytes.getBytes());
    this.#bytes.index = 0;
  }
}
