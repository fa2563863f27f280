import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import type { RunKey } from '../../core/journal';
import { countCharacters } from '../../core/promptFile/countCharacters';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { isRecord } from '../../core/promptFile/rowProblem';
import { checkWeights } from '../../core/reward/checkWeights';
import { outputRowOf, type OutputRow } from '../../core/reward/outputRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import { countTokens, ScoreSummaryBuilder, type ScoreSummary } from '../../core/reward/scoreSummary';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openDataInputs, type DataInput } from '../promptFile/dataInput';
import { replaceFile } from '../replaceFile';
import { DatasetProgress } from './datasetProgress';
import type { ScoreOptions } from './rewardModel';
import type { RowScorer } from './rowScorer';
import { readScoredRows, ScoreRun } from './scoreRun';
import { writeScoreTable } from './writeScoreTable';
import { scoreRows, type ScoreRowsParams } from './scoreRows';

export interface ScoreDatasetParams {
  readonly model: ScoreRowsParams['model'] & Pick<RowScorer, 'description' | 'forget'>;
  /** Files; `-` is standard input. */
  readonly inputs: readonly string[];
  /** What `-` reads. */
  readonly standardInput?: Readable | undefined;
  /** null: rows go to `onRow` only, each as soon as it can. */
  readonly output: ScoreOutput | null;
  /** Go on where an interrupted run of `output` stopped. */
  readonly resume: boolean;
  readonly options: ScoreOptions;
  /** Written with the summary of the whole run, sessions before this one included. */
  readonly summaryPath?: string | undefined;
  /** Only every `count`th row, from the `index`th on (from 0). */
  readonly shard?: Shard | undefined;
  /** Told each row that is scored in this session, in input order. */
  readonly onRow?: ((scored: ScoredRow) => void | Promise<void>) | undefined;
}

export interface ScoreOutput {
  readonly path: string;
  readonly format: OutputFormat;
}

export type OutputFormat = 'jsonl' | 'csv' | 'parquet';

export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Rows that are scored together and then noted in the journal. Windows begin at the same rows whether or not a run was
 * interrupted, and the model forgets before each what it has computed, so that both give the same bytes.
 */
const mostWindowRows = 64;
/** A window of long texts is closed earlier: about 4,000 tokens are the most work that a kill can cost. */
const mostWindowCharacters = 16_000;
/** Bytes; several times what all subsets that are counted take. */
const longestSummary = 64_000_000;

/**
 * Scores all rows of some inputs in their order. Memory does not grow with the rows. With an output, what is scored is
 * kept in a part file and a journal beside it; the output appears under its name when it is complete.
 * @throws AlidadeError `exists` (output, or a run begun with something else), `not_found`, `permission`, `no_space`,
 * `format` (an input as a whole), `usage` (weights), `device`, `cancelled`.
 */
export async function scoreDataset(params: ScoreDatasetParams, context: JobContext): Promise<ScoreSummary> {
  checkWeights(params.model.description, params.options.weights);
  const inputs = await openDataInputs({ paths: params.inputs, standardInput: params.standardInput });
  const job = new DatasetJob(params, inputs, context);
  if (params.output === null) return job.stream();
  return job.write(params.output);
}

/** A row with how far into the inputs it reaches. */
interface PlacedRow {
  readonly row: DataRow;
  /** Bytes of all inputs that lie before its end. */
  readonly position: number;
}

class DatasetJob {
  readonly #params: ScoreDatasetParams;
  readonly #inputs: readonly DataInput[];
  readonly #context: JobContext;
  readonly #total: number | null;
  readonly #summary = new ScoreSummaryBuilder();
  #tokens = 0;

  constructor(params: ScoreDatasetParams, inputs: readonly DataInput[], context: JobContext) {
    this.#params = params;
    this.#inputs = inputs;
    this.#context = context;
    this.#total = inputs.reduce<number | null>(
      (sum, { size }) => (sum === null || size === null ? null : sum + size),
      0,
    );
  }

  /** Each row as soon as it can. */
  async stream(): Promise<ScoreSummary> {
    const progress = this.#startProgress(0);
    const waiting: PlacedRow[] = [];
    async function* remember(rows: AsyncIterable<PlacedRow>): AsyncGenerator<DataRow> {
      for await (const placed of rows) {
        waiting.push(placed);
        yield placed.row;
      }
    }
    for await (const scored of this.#score(remember(this.#readRows()))) {
      const placed = waiting.shift();
      if (placed === undefined) throw new Error('more results than rows');
      this.#count(placed, scored, progress);
      await this.#params.onRow?.(scored);
    }
    return this.#writeSummary(progress.seconds);
  }

  async write({ path, format }: ScoreOutput): Promise<ScoreSummary> {
    const { resume } = this.#params;
    const run = await ScoreRun.open({ path, key: await this.#describeRun(), resume });
    const rows = this.#readRows();
    if (run === null) return this.#confirm(path, format, rows);
    try {
      const { state } = run;
      const position = await this.#replay(rows, readScoredRows(run.partPath, state.bytes), run.partPath);
      this.#tokens = state.tokens;
      const progress = this.#startProgress(position);
      if (0 < state.rows) this.#context.logger.info(`${countOf(state.rows, 'row')} of ${path} are there already`);
      for await (const window of cutWindows(rows)) {
        const lines = await this.#scoreWindow(window, progress);
        await run.append(lines, { tokens: this.#tokens, seconds: state.seconds + progress.seconds });
      }
      await run.finish();
      if (format !== 'jsonl') await this.#writeTable(run, format);
      const summary = await this.#writeSummary(run.state.seconds);
      await run.moveIntoPlace(format === 'jsonl' ? run.partPath : run.tablePath);
      return summary;
    } catch (error) {
      throw sayHowToGoOn(error, run.state.rows, this.#context.signal);
    } finally {
      await run.close();
      await rows.return(undefined);
    }
  }

  /** A run that was complete before this session. */
  async #confirm(path: string, format: OutputFormat, rows: AsyncGenerator<PlacedRow>): Promise<ScoreSummary> {
    if (format !== 'jsonl') {
      const summary = this.#params.summaryPath === undefined ? '' : ' and for a summary, which a table does not give,';
      throw new AlidadeError({
        code: 'exists',
        message: `${path} is complete: there is nothing to resume`,
        hint: `to score again${summary} remove it, or choose another output`,
      });
    }
    await this.#replay(rows, readScoredRows(path), path);
    if ((await rows.next()).done !== true) throw doesNotFit(path, this.#summary.rows);
    this.#context.logger.info(`${path} is complete`);
    return this.#summariseLate();
  }

  /** The summary of a run that was complete before: its times are known only where an earlier one tells them. */
  async #summariseLate(): Promise<ScoreSummary> {
    const { summaryPath } = this.#params;
    const summary = this.#summarise(0);
    if (summaryPath === undefined) return summary;
    const { seconds, rowsPerSecond, tokensPerSecond } = summary;
    const before = await readRecord(summaryPath);
    if (isDeepStrictEqual({ ...before, seconds, rowsPerSecond, tokensPerSecond }, summary)) return summary;
    this.#context.logger.warn(`the times in ${summaryPath} are 0: a complete run does not tell how long it took`);
    return this.#writeSummary(0);
  }

  async #writeTable(run: ScoreRun, format: 'csv' | 'parquet'): Promise<void> {
    this.#context.progress({ message: `Writing ${format === 'csv' ? 'CSV' : 'Parquet'}` });
    const rows = (): AsyncIterable<OutputRow> => readScoredRows(run.partPath, run.state.bytes);
    await writeScoreTable({ rows, path: run.tablePath, format }, this.#context);
  }

  async #scoreWindow(window: readonly PlacedRow[], progress: DatasetProgress): Promise<readonly string[]> {
    this.#params.model.forget?.();
    const lines: string[] = [];
    for await (const scored of this.#score(fromList(window.map(({ row }) => row)))) {
      const placed = window[lines.length];
      if (placed === undefined) throw new Error('more results than rows');
      this.#count(placed, scored, progress);
      await this.#params.onRow?.(scored);
      lines.push(`${JSON.stringify(outputRowOf(scored))}\n`);
    }
    if (lines.length !== window.length) throw new Error('fewer results than rows');
    return lines;
  }

  #score(rows: AsyncIterable<DataRow>): AsyncGenerator<ScoredRow> {
    const { model, options } = this.#params;
    // The progress of all rows is shown, not that within one.
    return scoreRows({ model, rows, options }, { ...this.#context, progress: () => undefined });
  }

  #count({ row, position }: PlacedRow, scored: ScoredRow, progress: DatasetProgress): void {
    const tokens = countTokens(scored);
    this.#tokens += tokens;
    this.#summary.add(scored, row.subset);
    progress.addRow({ tokens, isError: 'error' in scored, position });
  }

  /**
   * Counts what an earlier session has scored, and passes over its rows.
   * @returns bytes of all inputs that lie before the end of the last one.
   */
  async #replay(
    rows: AsyncGenerator<PlacedRow>,
    scoredBefore: AsyncIterable<OutputRow>,
    name: string,
  ): Promise<number> {
    let position = 0;
    for await (const scored of scoredBefore) {
      throwIfCancelled(this.#context.signal);
      const next = await rows.next();
      if (next.done === true || scored.id !== next.value.row.id) throw doesNotFit(name, this.#summary.rows);
      this.#summary.add(scored, next.value.row.subset);
      this.#tokens += countTokens(scored);
      ({ position } = next.value);
    }
    return position;
  }

  async *#readRows(): AsyncGenerator<PlacedRow> {
    const { shard } = this.#params;
    let before = 0;
    let count = 0;
    for (const input of this.#inputs) {
      let position = before;
      const onPosition = (bytes: number): void => {
        position = before + bytes;
      };
      for await (const row of input.rows({ signal: this.#context.signal, onPosition })) {
        if (shard === undefined || count % shard.count === shard.index) yield { row, position };
        count += 1;
      }
      before += input.size ?? 0;
    }
  }

  #startProgress(position: number): DatasetProgress {
    const { rows, errors } = this.#summary;
    const { progress: report } = this.#context;
    const params = { total: this.#total, now: () => performance.now(), report };
    return new DatasetProgress(params, { rows, errors, position });
  }

  #summarise(seconds: number): ScoreSummary {
    return this.#summary.build(this.#params.model.description, { tokens: this.#tokens, seconds });
  }

  async #writeSummary(seconds: number): Promise<ScoreSummary> {
    const { summaryPath } = this.#params;
    const summary = this.#summarise(seconds);
    if (summaryPath !== undefined) await replaceFile(summaryPath, `${JSON.stringify(summary, null, 2)}\n`);
    return summary;
  }

  /** All that the rows of the output follow from. */
  async #describeRun(): Promise<RunKey> {
    const { model, options, output, shard } = this.#params;
    const { description } = model;
    const content = createHash('sha256');
    for (const { name, hash } of this.#inputs) {
      if (hash === null && this.#params.resume) {
        throw new AlidadeError({
          code: 'usage',
          message: `a run that reads ${name} cannot be resumed`,
          hint: 'give the rows as a file',
        });
      }
      content.update(hash === null ? '-' : await hash(this.#context.signal));
    }
    return {
      model: description.hash,
      device: description.device,
      dtype: description.dtype,
      options: JSON.stringify(Object.entries(options).filter(([, value]) => value !== undefined && value !== false)),
      inputs: content.digest('hex'),
      shard: shard === undefined ? '' : `${shard.index}/${shard.count}`,
      format: output?.format ?? '',
      windows: `${mostWindowRows} rows, ${mostWindowCharacters} characters`,
    };
  }
}

/** The same windows for the same rows, however they arrive. */
async function* cutWindows(rows: AsyncIterable<PlacedRow>): AsyncGenerator<readonly PlacedRow[]> {
  let window: PlacedRow[] = [];
  let characters = 0;
  for await (const placed of rows) {
    window.push(placed);
    characters += placed.row.row === null ? 0 : countCharacters(placed.row.row);
    if (window.length < mostWindowRows && characters < mostWindowCharacters) continue;
    yield window;
    window = [];
    characters = 0;
  }
  if (0 < window.length) yield window;
}

/** null unless the file is one and holds a JSON object; it is about to be written over, so that no problem matters. */
async function readRecord(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const found = await stat(path);
    if (!found.isFile() || longestSummary < found.size) return null;
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function doesNotFit(name: string, rows: number): AlidadeError {
  return new AlidadeError({
    code: 'exists',
    message: `${name} does not hold the scores of these inputs (row ${rows + 1})`,
    hint: 'remove it, or choose another output',
  });
}

function sayHowToGoOn(error: unknown, rows: number, signal: AbortSignal): unknown {
  const hint = `${countOf(rows, 'row')} are kept: the same command with --resume goes on after them`;
  if (signal.aborted) return new AlidadeError({ code: 'cancelled', message: 'cancelled', hint, cause: error });
  if (!(error instanceof AlidadeError) || error.code === 'usage') return error;
  const { code, message } = error;
  return new AlidadeError({ code, message, hint: [error.hint, hint].filter(Boolean).join('; '), cause: error });
}

async function* fromList<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield await Promise.resolve(item);
}
