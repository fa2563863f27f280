import type { Readable } from 'node:stream';
import type { AlidadeError } from '../../core/alidadeError';
import type { ConversionFormat, FileKind } from '../../core/convert/conversionFormat';
import type { ConversionRecord } from '../../core/convert/conversionRecord';
import { convertRow, refused, type ConvertedRow } from '../../core/convert/convertRow';
import { rowsOfValue } from '../../core/convert/detectFormat';
import { FormatError } from '../../core/formatError';
import type { JobContext } from '../../core/jobContext';
import type { DataValue } from '../../core/promptFile/readDataRow';
import { readId } from '../../core/promptFile/readScorableRow';
import type { OutputRow } from '../../core/reward/outputRow';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openDataInputs, type DataInput } from '../promptFile/dataInput';
import { readScoredRows } from '../reward/scoreRun';
import { refuseExisting, RowFile } from './rowFile';

export interface ConvertDatasetParams {
  /** Files and folders; `-` is standard input. */
  readonly inputs: readonly string[];
  readonly standardInput?: Readable | undefined;
  readonly output: { readonly path: string; readonly kind: FileKind };
  /** null: each row's is found out. */
  readonly from: ConversionFormat | null;
  readonly to: ConversionFormat;
  readonly isLossy: boolean;
  /** The output of `alidade score` for the same inputs, as JSON lines. */
  readonly scores?: string | undefined;
  /** Changes a row before it is written. It may throw a RowProblem. */
  readonly revise?: ((record: ConversionRecord) => ConversionRecord) | undefined;
  /** What the input calls members: name here -> name there. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  readonly outputKeys?: Readonly<Record<string, string>> | undefined;
}

export interface Refusal {
  readonly input: string;
  /** Line on which the row begins, from 1; in Parquet its place. */
  readonly line: number;
  readonly problem: string;
}

export interface ConversionSummary {
  readonly to: string;
  readonly output: string;
  /** Rows of the inputs. */
  readonly rows: number;
  readonly kept: number;
  readonly refused: number;
  /** Of them those that would only lose something: `isLossy` keeps them. */
  readonly refusedForLosses: number;
  /** Kept, but without something that they had. */
  readonly withLosses: number;
  /** Rows of the output: more than were kept where a row becomes several. */
  readonly written: number;
  /** How many rows lack what. */
  readonly losses: Readonly<Record<string, number>>;
  /** As what format how many rows were read. */
  readonly formats: Readonly<Record<string, number>>;
  /** The first ones. */
  readonly refusals: readonly Refusal[];
}

const mostRefusals = 20;

/**
 * Converts all rows of some inputs in their order, in memory that does not grow with them. The output is complete or
 * absent; it is also absent when every row was refused.
 * @throws AlidadeError `exists`, `not_found`, `permission`, `no_space`, `format` (an input as a whole, or scores that are
 * not those of the inputs), `cancelled`.
 */
export async function convertDataset(params: ConvertDatasetParams, context: JobContext): Promise<ConversionSummary> {
  const { inputs: paths, standardInput, output, to } = params;
  await refuseExisting(output.path);
  const inputs = await openDataInputs({ paths, standardInput, columns: 'all' });
  const scores = params.scores === undefined ? null : readScoredRows(params.scores);
  const file = await RowFile.open({ ...output, lmflowType: to.lmflowType });
  const counts = new ConversionCounts();
  try {
    for await (const placed of readAll(inputs, context)) {
      const scored = scores === null ? undefined : await nextScore(scores, placed, params.scores ?? '');
      for (const row of convertValue(placed.value, scored, params)) {
        counts.add(row, placed);
        for (const [index, fields] of row.rows.entries()) await file.add(fields, row.texts[index] ?? '');
      }
    }
    if (scores !== null && (await scores.next()).done !== true) throw doesNotFit(params.scores ?? '', counts.rows + 1);
    if (counts.kept === 0 && 0 < counts.rows) await file.discard();
    else await file.finish(context.signal);
  } catch (error) {
    await file.discard();
    throwIfCancelled(context.signal);
    throw error;
  } finally {
    await scores?.return(undefined);
  }
  return counts.summarise(to.name, output.path);
}

interface PlacedValue {
  readonly value: DataValue;
  readonly input: string;
}

async function* readAll(inputs: readonly DataInput[], { signal, progress }: JobContext): AsyncGenerator<PlacedValue> {
  const sizes = inputs.map(({ size }) => size);
  const total = sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  let before = 0;
  for (const { name, size, values } of inputs) {
    const onPosition = (bytes: number): void => {
      const known = total === null ? {} : { total };
      progress({ message: 'Converting', done: before + bytes, ...known, unit: 'bytes' });
    };
    for await (const value of values({ signal, onPosition })) {
      throwIfCancelled(signal);
      yield { value, input: name };
    }
    before += size ?? 0;
  }
}

/** The rows of a value: one, but for data sets and results within a value. */
function convertValue(
  value: DataValue,
  scored: OutputRow | undefined,
  { from, to, isLossy, revise, keys, outputKeys }: ConvertDatasetParams,
): readonly ConvertedRow[] {
  if ('problem' in value) return [refused(null, value.problem, false)];
  const options = { from, to, isLossy, revise, keys, outputKeys };
  return rowsOfValue(value.value).map((row) => convertRow({ ...options, value: row, scored }));
}

/** The scores of the next row. @throws FormatError when they are those of another. */
async function nextScore(scores: AsyncGenerator<OutputRow>, { value }: PlacedValue, name: string): Promise<OutputRow> {
  const { fallbackId, line } = value.place;
  const next = await scores.next();
  const id = 'problem' in value ? fallbackId : readId(value.value, fallbackId);
  if (next.done === true || next.value.id !== id) throw doesNotFit(name, line + 1);
  return next.value;
}

function doesNotFit(name: string, line: number): AlidadeError {
  return new FormatError({
    problem: `it does not hold the scores of these inputs (from line ${line} on)`,
    file: name,
    hint: 'score the very inputs, with alidade score --output FILE.jsonl',
  });
}

class ConversionCounts {
  rows = 0;
  kept = 0;
  #written = 0;
  #refusedForLosses = 0;
  #withLosses = 0;
  readonly #losses = new Map<string, number>();
  readonly #formats = new Map<string, number>();
  readonly #refusals: Refusal[] = [];

  add({ format, rows, losses, problem, isLoss }: ConvertedRow, { value, input }: PlacedValue): void {
    this.rows += 1;
    if (format !== null) count(this.#formats, format);
    if (problem !== null) {
      if (isLoss) this.#refusedForLosses += 1;
      const refusal = { input, line: value.place.line + 1, problem };
      if (this.#refusals.length < mostRefusals) this.#refusals.push(refusal);
      return;
    }
    this.kept += 1;
    this.#written += rows.length;
    if (0 < losses.length) this.#withLosses += 1;
    for (const { what } of losses) count(this.#losses, what);
  }

  summarise(to: string, output: string): ConversionSummary {
    return {
      to,
      output,
      rows: this.rows,
      kept: this.kept,
      refused: this.rows - this.kept,
      refusedForLosses: this.#refusedForLosses,
      withLosses: this.#withLosses,
      written: this.#written,
      losses: Object.fromEntries(this.#losses),
      formats: Object.fromEntries(this.#formats),
      refusals: this.#refusals,
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
