import type { Readable } from 'node:stream';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { compareScores, type ScoreComparison } from '../../core/reward/compareScores';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { WeightDtype } from '../../core/quantisation/weightFormat';
import { openDataInputs } from '../promptFile/dataInput';
import { openRewardModel, type RewardModelParams } from './openRewardModel';
import type { ScoreOptions } from './rewardModel';
import { listBreakdowns, scoreRows } from './scoreRows';

export interface CompareDtypesParams {
  readonly model: Omit<RewardModelParams, 'dtype'>;
  /** Each is held against F32, which is always measured and comes first. */
  readonly dtypes: readonly WeightDtype[];
  /** Files; `-` is standard input. */
  readonly inputs: readonly string[];
  readonly standardInput?: Readable | undefined;
  /** Only the first so many rows. */
  readonly mostRows: number;
  readonly options: ScoreOptions;
}

/** What a number format costs and gains on a user's own rows. */
export interface DtypeReport {
  readonly dtype: WeightDtype;
  /** Bytes of the weights in this format. */
  readonly weightBytes: number;
  /** Relative error of the weights, root mean square; null: none. */
  readonly weightError: number | null;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** Scores against those in F32. */
  readonly scores: ScoreComparison;
  /** Rows with a chosen and a rejected response whose margin keeps its sign; null: there are none. */
  readonly margins: { readonly pairs: number; readonly sameSign: number } | null;
}

export interface DtypeComparison {
  readonly model: RewardModelDescription;
  /** That were scored in every dtype. */
  readonly rows: number;
  readonly errors: number;
  readonly dtypes: readonly DtypeReport[];
}

interface Measured {
  readonly description: RewardModelDescription;
  readonly weightBytes: number;
  readonly seconds: number;
  readonly tokens: number;
  readonly rows: readonly ScoredRow[];
}

/**
 * Scores the same rows in several number formats, one after the other, and compares each with F32.
 * @throws AlidadeError `row` when no row can be scored; `unsupported` for a dtype that the device does not compute in;
 * as `openRewardModel` and `scoreRows`.
 */
export async function compareDtypes(params: CompareDtypesParams, context: JobContext): Promise<DtypeComparison> {
  const rows = await readRows(params, context);
  const dtypes = [...new Set<WeightDtype>(['f32', ...params.dtypes])];
  const measured: Measured[] = [];
  for (const dtype of dtypes) measured.push(await measure(dtype, rows, params, context));
  const usable = rows.map((_, index) => measured.every(({ rows: scored }) => !isError(scored[index])));
  const count = usable.filter(Boolean).length;
  if (count === 0) {
    const [first] = measured.flatMap(({ rows: scored }) => scored.filter(isError));
    throw new AlidadeError({
      code: 'row',
      message: first === undefined ? 'there are no rows' : `no row could be scored: ${first.error.message}`,
      hint: 'give a file of rows as for alidade score',
    });
  }
  const keep = ({ rows: scored }: Measured): readonly ScoredRow[] => scored.filter((_, index) => usable[index]);
  const reference = keep(measured[0]);
  return {
    model: measured[0].description,
    rows: count,
    errors: rows.length - count,
    dtypes: measured.map((one, index): DtypeReport => {
      const scored = keep(one);
      return {
        dtype: dtypes[index],
        weightBytes: one.weightBytes,
        weightError: one.description.quantisationLoss ?? null,
        seconds: one.seconds,
        tokensPerSecond: one.tokens / one.seconds,
        scores: compareScores(listScores(reference), listScores(scored)),
        margins: compareMargins(reference, scored),
      };
    }),
  };
}

async function readRows(
  { inputs, standardInput, mostRows }: CompareDtypesParams,
  context: JobContext,
): Promise<readonly DataRow[]> {
  const rows: DataRow[] = [];
  for (const input of await openDataInputs({ paths: inputs, standardInput })) {
    for await (const row of input.rows({ signal: context.signal })) {
      if (rows.length === mostRows) return rows;
      rows.push(row);
    }
  }
  return rows;
}

async function measure(
  dtype: WeightDtype,
  rows: readonly DataRow[],
  { model: params, options }: CompareDtypesParams,
  context: JobContext,
): Promise<Measured> {
  const model = await openRewardModel({ ...params, dtype }, context);
  try {
    const quiet: JobContext = { ...context, progress: () => undefined };
    // The first run of a graph allocates.
    for await (const _ of scoreRows({ model, rows: fromList(rows.slice(0, 1)), options }, quiet)) model.forget();
    const scored: ScoredRow[] = [];
    const start = performance.now();
    for await (const row of scoreRows({ model, rows: fromList(rows), options }, quiet)) {
      scored.push(row);
      context.progress({ message: `Scoring in ${dtype}`, done: scored.length, total: rows.length, unit: 'rows' });
    }
    const seconds = (performance.now() - start) / 1000;
    const tokens = scored.flatMap(listBreakdowns).reduce((sum, breakdown) => sum + breakdown.tokens, 0);
    return { description: model.description, weightBytes: model.weightBytes, seconds, tokens, rows: scored };
  } finally {
    await model.release();
  }
}

function isError(row: ScoredRow | undefined): row is Extract<ScoredRow, { readonly error: unknown }> {
  return row !== undefined && 'error' in row;
}

function listScores(rows: readonly ScoredRow[]): number[] {
  return rows.flatMap(listBreakdowns).map(({ score }) => score);
}

function compareMargins(reference: readonly ScoredRow[], scored: readonly ScoredRow[]): DtypeReport['margins'] {
  const margins = (rows: readonly ScoredRow[]): number[] =>
    rows.flatMap((row) => ('margin' in row ? [Math.sign(row.margin)] : []));
  const [before, after] = [margins(reference), margins(scored)];
  if (before.length === 0) return null;
  return { pairs: before.length, sameSign: before.filter((sign, index) => sign === after[index]).length };
}

async function* fromList<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}
