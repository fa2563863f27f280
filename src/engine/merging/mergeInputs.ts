import { open } from 'node:fs/promises';
import type { JobContext } from '../../core/jobContext';
import { looksLikeRows } from '../../core/promptFile/looksLikeRows';
import { promptOfRow } from '../../core/promptFile/promptOfRow';
import { readDataRow, rowOfDataValue } from '../../core/promptFile/readDataRow';
import { RowProblem } from '../../core/promptFile/rowProblem';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { AlidadeError } from '../../core/alidadeError';
import { describeFileError } from '../checkpoint/describeFileError';
import type { MeasurableText } from '../generation/measureText';
import { openDataInputs } from '../promptFile/dataInput';
import type { MergePrompt } from './liveMerge';

/** Something of a file, and what of it could not be read. */
export interface FileContents<Item> {
  readonly items: readonly Item[];
  readonly problems: readonly { readonly id: string; readonly message: string }[];
}

type Context = Pick<JobContext, 'signal'>;

/** The first rows of a data file. @throws AlidadeError `not_found`, `permission`, `unsupported`, `format`, `row`. */
export async function readRowsToScore(
  path: string,
  most: number,
  context: Context,
): Promise<FileContents<ScorableRow>> {
  return readSome(path, most, context, (value) => {
    const { row, error, id } = rowOfDataValue(value);
    if (row === null) throw new RowProblem(error?.message ?? `row ${id} cannot be read`);
    return row;
  });
}

/** The prompts of the first rows of a data file, whatever else they hold. @throws as `readRowsToScore` */
export async function readPromptsToAnswer(
  path: string,
  most: number,
  context: Context,
): Promise<FileContents<MergePrompt>> {
  return readSome(path, most, context, (value) => {
    const { row, id, error } = rowOfDataValue(value);
    if ('problem' in value) throw new RowProblem(error?.message ?? value.problem);
    return { id, messages: promptOfRow(row, value.value).messages };
  });
}

/**
 * A plain text, or the first rows of a data file, whose replies are read.
 * @param most.bytes of a plain text.
 * @throws as `readRowsToScore`
 */
export async function readTextsToMeasure(
  path: string,
  most: { readonly rows: number; readonly bytes: number },
  context: Context,
): Promise<FileContents<MeasurableText>> {
  const text = await readBeginning(path, most.bytes);
  if (looksLikeRows(text, path)) return readRowsToScore(path, most.rows, context);
  if (text.trim() === '') throw new AlidadeError({ code: 'row', message: `${path} is empty` });
  return { items: [text], problems: [] };
}

type Value = Parameters<typeof rowOfDataValue>[0];

async function readSome<Item>(
  path: string,
  most: number,
  { signal }: Context,
  read: (value: Value) => Item,
): Promise<FileContents<Item>> {
  const items: Item[] = [];
  const problems: { id: string; message: string }[] = [];
  for (const input of await openDataInputs({ paths: [path], columns: 'all' })) {
    for await (const value of input.values({ signal })) {
      if (most <= items.length + problems.length) break;
      try {
        items.push(read(value));
      } catch (error) {
        if (!(error instanceof RowProblem)) throw error;
        problems.push({ id: idOf(value), message: error.message });
      }
    }
  }
  if (0 < items.length) return { items, problems };
  const [first] = problems;
  throw new AlidadeError({
    code: 'row',
    message: first === undefined ? `${path} has no rows` : `${path}: no row can be used: ${first.message}`,
  });
}

function idOf(value: Value): string {
  return 'problem' in value ? value.place.fallbackId : readDataRow(value.value, value.place).id;
}

async function readBeginning(path: string, most: number): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw describeFileError(error, path);
  });
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(most, size)));
    // A character may be cut in two at the end.
    return new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true });
  } finally {
    await file.close();
  }
}
