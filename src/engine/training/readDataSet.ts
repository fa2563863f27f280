import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { rowOfDataValue } from '../../core/promptFile/readDataRow';
import { fieldOfRow } from '../../core/training/data/fieldOfRow';
import { promptTextOf, type LabelledRow } from '../../core/training/data/labelledRow';
import { Refusals } from '../../core/training/data/refusals';
import type { DataFileRecord } from '../../core/training/data/trainingData';
import type { DataRecipe } from '../../core/training/recipe/headRecipe';
import { openDataInputs, type DataInput } from '../promptFile/dataInput';

export interface DataSetParams {
  readonly data: DataRecipe;
  /** Where its files are looked for, the first first. */
  readonly folders: readonly string[];
  /** Paths whose values are kept with the rows. */
  readonly fields: readonly string[];
  readonly signal: AbortSignal;
  /** Told how many rows have been read, and how many bytes of the files. */
  readonly onRow: (rows: number) => void;
}

/** The rows of a data set as they are trained on. */
export interface ReadDataSet {
  readonly data: DataRecipe;
  readonly rows: readonly LabelledRow[];
  readonly files: readonly DataFileRecord[];
  readonly refusals: Refusals;
}

/**
 * Reads the files of a data set. Rows that cannot be read are counted.
 * @throws AlidadeError `not_found` and what reading files throws.
 */
export async function readDataSet(params: DataSetParams): Promise<ReadDataSet> {
  const { data, folders, signal } = params;
  const refusals = new Refusals();
  const rows: LabelledRow[] = [];
  const files: DataFileRecord[] = [];
  for (const name of data.files) {
    const path = await findDataFile(name, folders, data.name);
    const inputs = await openDataInputs({ paths: [path], columns: 'all' });
    const hash = createHash('sha256');
    const before = rows.length;
    for (const input of inputs) {
      for await (const row of readInput(input, { ...params, name, refusals })) {
        rows.push(row);
        params.onRow(rows.length);
      }
      hash.update((await input.hash?.(signal)) ?? '');
      if (inputs.length === 1)
        files.push({ name, sha256: (await input.hash?.(signal)) ?? '', rows: rows.length - before });
    }
    if (inputs.length !== 1) files.push({ name, sha256: hash.digest('hex'), rows: rows.length - before });
  }
  return { data, rows, files, refusals };
}

/** The first folder that has the file. @throws AlidadeError `not_found`, with the folders that were looked in. */
export async function findDataFile(name: string, folders: readonly string[], data: string): Promise<string> {
  for (const folder of folders) {
    const path = resolve(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null) return path;
  }
  throw new AlidadeError({
    code: 'not_found',
    message: `\`${name}\` of the data \`${data}\` is not in ${folders.join(' or ')}`,
    hint: 'files are named relative to the recipe, or to a folder that is given with --data',
  });
}

interface InputParams extends DataSetParams {
  readonly name: string;
  readonly refusals: Refusals;
}

async function* readInput(
  input: DataInput,
  { data, name, fields, refusals, signal }: InputParams,
): AsyncGenerator<LabelledRow> {
  for await (const value of input.values({ signal })) {
    const place = `${name}:${value.place.line + 1}`;
    const { row, error, subset } = rowOfDataValue(value);
    if (row === null || 'problem' in value) {
      refusals.add(withoutName(error?.message ?? 'it cannot be read'), place);
      continue;
    }
    const group = groupOf(value.value, row, data);
    if (group === null) {
      refusals.add(`no \`${data.group ?? ''}\` that tells its group`, place);
      continue;
    }
    const found = fields.map((field) => [field, fieldOfRow(value.value, field)] as const);
    yield { row, subset, file: name, place, group, fields: new Map(found) };
  }
}

/** What a row's error says, without which row it is: the same for all rows that have it. */
function withoutName(message: string): string {
  return message.replace(/^row [^:]*: /, '');
}

/** Of a field: what it says, within the data set. Of the prompt: the same for the same prompt, wherever it stands. */
function groupOf(value: unknown, row: LabelledRow['row'], { name, group }: DataRecipe): string | null {
  if (group === null) return createHash('sha256').update(promptTextOf(row)).digest('hex').slice(0, 16);
  const found = fieldOfRow(value, group);
  if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return null;
  return `${name}/${found}`;
}
