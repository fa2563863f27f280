import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { rowOfDataValue } from '../../core/promptFile/readDataRow';
import { rowFields } from '../../core/promptFile/rowFields';
import type { DataFields } from '../../core/training/data/dataFields';
import { fieldOfRow } from '../../core/training/data/fieldOfRow';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openDataInputs } from '../promptFile/dataInput';

export interface ReadDataFieldsParams {
  /** Absolute paths of data files. */
  readonly files: readonly string[];
  /** Rows of each that are looked at, from its beginning. */
  readonly rows: number;
  /** Dotted paths that are looked for besides: what is there may be a list or a long text. */
  readonly paths?: readonly string[];
}

const mostValues = 50;
/** Rows may have a field each: what is beyond is not told. */
const mostFields = 500;

/** One answer a file; what is wrong with a file is its answer. @throws AlidadeError `cancelled` only. */
export async function readDataFields(
  { files, rows, paths = [] }: ReadDataFieldsParams,
  { signal }: Pick<JobContext, 'signal'>,
): Promise<readonly DataFields[]> {
  const read: DataFields[] = [];
  for (const path of files) {
    throwIfCancelled(signal);
    try {
      read.push(await fieldsOf({ path, rows, paths, signal }));
    } catch (error) {
      if (!(error instanceof AlidadeError) || error.code === 'cancelled') throw error;
      const { message, hint = null } = error;
      const nothing = { rows: 0, pairs: 0, singles: 0, unreadable: 0, hasMore: false, fields: [], found: [] };
      read.push({ path, error: { message, hint }, ...nothing });
    }
  }
  return read;
}

class FieldCounter {
  count = 0;
  numeric = 0;
  min = Infinity;
  max = -Infinity;
  readonly values = new Set<string>();
  isComplete = true;

  add(value: string | number | boolean): void {
    this.count += 1;
    const number = typeof value === 'boolean' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) {
      this.numeric += 1;
      this.min = Math.min(this.min, number);
      this.max = Math.max(this.max, number);
    }
    const text = String(value);
    if (this.values.has(text)) return;
    if (this.values.size < mostValues) this.values.add(text);
    else this.isComplete = false;
  }
}

interface FieldsParams {
  readonly path: string;
  readonly rows: number;
  readonly paths: readonly string[];
  readonly signal: AbortSignal;
}

async function fieldsOf({ path, rows: most, paths, signal }: FieldsParams): Promise<DataFields> {
  const counts = { rows: 0, pairs: 0, singles: 0, unreadable: 0 };
  const fields = new Map<string, FieldCounter>();
  const found = new Map(paths.map((wanted) => [wanted, 0]));
  let hasMore = false;
  for (const input of await openDataInputs({ paths: [path], columns: 'all' })) {
    for await (const value of input.values({ signal })) {
      if (most <= counts.rows) {
        hasMore = true;
        break;
      }
      counts.rows += 1;
      const { row } = rowOfDataValue(value);
      if (row === null) counts.unreadable += 1;
      else if (row.kind === 'pair') counts.pairs += 1;
      else if (row.kind === 'single') counts.singles += 1;
      if (!('value' in value)) continue;
      for (const [wanted, count] of found) {
        const part = fieldOfRow(value.value, wanted);
        if (part !== undefined && part !== null && part !== '') found.set(wanted, count + 1);
      }
      for (const [name, part] of rowFields(value.value)) {
        const known = fields.get(name);
        const counter = known ?? new FieldCounter();
        if (known === undefined && fields.size < mostFields) fields.set(name, counter);
        counter.add(part);
      }
    }
  }
  return {
    path,
    error: null,
    ...counts,
    hasMore,
    found: [...found].map(([wanted, count]) => ({ path: wanted, count })),
    fields: [...fields].map(([name, { count, numeric, min, max, values, isComplete }]) => ({
      path: name,
      ...{ count, numeric, isComplete },
      range: numeric === 0 ? null : { min, max },
      values: [...values],
    })),
  };
}
