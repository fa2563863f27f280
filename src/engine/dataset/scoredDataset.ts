import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { DatasetAccumulator, kindOf } from '../../core/dataset/datasetAccumulator';
import type { DatasetOverview } from '../../core/dataset/datasetOverview';
import type { DatasetPage } from '../../core/dataset/datasetPage';
import { describePageRow } from '../../core/dataset/datasetPage';
import type { DatasetQuery } from '../../core/dataset/datasetQuery';
import { excerptOf } from '../../core/dataset/excerptOf';
import { parseScoreLine } from '../../core/dataset/parseScoreLine';
import { ScoreTable } from '../../core/dataset/scoreTable';
import { Exclusive } from '../../core/exclusive';
import { FormatError } from '../../core/formatError';
import type { JobContext } from '../../core/jobContext';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import { countTokens } from '../../core/reward/scoreSummary';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';

export interface ScoredDatasetParams {
  /** Where the scores are, the first file that exists: one JSON line a row, perhaps still growing. */
  readonly outputPaths: readonly string[];
  /** The rows that were scored, in the same order. */
  readonly openRows: (context: JobContext) => AsyncIterable<DataRow>;
}

/** Bytes that are read at a time; between two reads the process answers others. */
const chunkBytes = 1_000_000;

/**
 * The scores of a data set, read once from the output of a run and kept as a small index. Grows with the output: `refresh`
 * reads only what is new. Beside the output it reads the source, for the places, subsets and prompts of the rows.
 */
export class ScoredDataset {
  readonly #params: ScoredDatasetParams;
  readonly #turns = new Exclusive();
  #accumulator = new DatasetAccumulator();
  #table = new ScoreTable();
  #overview: DatasetOverview | null = null;
  /** Bytes of the output that have been read, up to the end of a line. */
  #read = 0;
  #source: AsyncIterator<DataRow> | null = null;
  #sourceProblem: string | null = null;

  constructor(params: ScoredDatasetParams) {
    this.#params = params;
  }

  /** Why rows cannot be found in their source any more; null while they can. */
  get sourceProblem(): string | null {
    return this.#sourceProblem;
  }

  get rows(): number {
    return this.#table.size;
  }

  /**
   * Reads the lines that were added to the output since the last time.
   * @throws AlidadeError `not_found` without an output, `permission`, `cancelled`; FormatError for a line that is no score.
   */
  refresh(context: JobContext): Promise<void> {
    return this.#turns.run(() => this.#withOutput((file, path) => this.#readNew(file, path, context)));
  }

  overview(): DatasetOverview {
    this.#overview ??= this.#accumulator.overview();
    return this.#overview;
  }

  /**
   * Rows `offset` to `offset + count` of those that match.
   * @throws as `refresh`.
   */
  page(
    query: DatasetQuery,
    { offset, count }: { readonly offset: number; readonly count: number },
  ): Promise<DatasetPage> {
    return this.#turns.run(() =>
      this.#withOutput(async (file, path) => {
        const selected = this.#table.select(query);
        const rows: DatasetPage['rows'][number][] = [];
        for (const row of selected.subarray(offset, offset + count)) {
          const entry = this.#table.entryAt(row);
          const line = await readExactly(file, entry.offset, entry.length);
          rows.push(describePageRow(row, entry, parseScore(line.toString('utf8'), path, row)));
        }
        return { rows, total: selected.length };
      }),
    );
  }

  /**
   * The row as it stands in its source now, found by reading the source up to it.
   * @param row place in the data set, from 0.
   * @throws AlidadeError `not_found` when the source has no such row any more, and what reading it throws.
   */
  async sourceRow(row: number, context: JobContext): Promise<DataRow> {
    let place = 0;
    for await (const found of this.#params.openRows(context)) {
      if (place === row) return found;
      place += 1;
    }
    throw new AlidadeError({
      code: 'not_found',
      message: `the file has ${place} rows now, and row ${row + 1} is not there any more`,
      hint: 'score the file again',
    });
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.return?.();
  }

  async #readNew(file: FileHandle, path: string, context: JobContext): Promise<void> {
    const { size } = await file.stat();
    if (size < this.#read) await this.#startAgain();
    let rest: Buffer = Buffer.alloc(0);
    for (let position = this.#read; position < size;) {
      throwIfCancelled(context.signal);
      const chunk = await readExactly(file, position, Math.min(chunkBytes, size - position));
      position += chunk.length;
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = rest.indexOf(0x0a); 0 <= end; end = rest.indexOf(0x0a, start)) {
        await this.#addLine(rest.subarray(start, end), path, context);
        this.#read += end + 1 - start;
        start = end + 1;
      }
      rest = rest.subarray(start);
      context.progress({ message: 'Reading scores', done: position, total: size, unit: 'bytes' });
    }
  }

  async #addLine(line: Buffer, path: string, context: JobContext): Promise<void> {
    const text = line.toString('utf8');
    if (text.trim() === '') return;
    const scored = parseScore(text, path, this.#table.size);
    const source = await this.#nextSourceRow(scored.id, context);
    const subset = source?.subset ?? null;
    this.#accumulator.add(scored, subset);
    this.#table.add({
      kind: kindOf(scored),
      ...ranksOf(scored),
      tokens: countTokens(scored),
      subset,
      offset: this.#read,
      length: line.length,
      line: source?.line ?? -1,
      excerpt: source === null || source.row === null ? '' : excerptOf(source.row),
    });
    this.#overview = null;
  }

  /** null once the source does not fit the scores. */
  async #nextSourceRow(id: string, context: JobContext): Promise<DataRow | null> {
    if (this.#sourceProblem !== null) return null;
    try {
      // The iterator outlives this refresh: what stops one reading must not stop the next.
      const quiet = { ...context, signal: new AbortController().signal, progress: () => undefined };
      this.#source ??= this.#params.openRows(quiet)[Symbol.asyncIterator]();
      const next = await this.#source.next();
      if (next.done !== true && next.value.id === id) return next.value;
      this.#sourceProblem = 'the file has changed since it was scored';
    } catch (error) {
      this.#sourceProblem = error instanceof Error ? error.message : String(error);
    }
    await this.close().catch(() => undefined);
    return null;
  }

  /** The output was written anew. */
  async #startAgain(): Promise<void> {
    await this.close();
    this.#accumulator = new DatasetAccumulator();
    this.#table = new ScoreTable();
    this.#overview = null;
    this.#read = 0;
    this.#sourceProblem = null;
  }

  async #withOutput<Result>(use: (file: FileHandle, path: string) => Promise<Result>): Promise<Result> {
    const { file, path } = await openFirst(this.#params.outputPaths);
    try {
      return await use(file, path);
    } finally {
      await file.close();
    }
  }
}

async function openFirst(paths: readonly string[]): Promise<{ readonly file: FileHandle; readonly path: string }> {
  let failure: AlidadeError | null = null;
  for (const path of paths) {
    try {
      return { file: await open(path, 'r'), path };
    } catch (error) {
      failure ??= describeFileError(error, path);
    }
  }
  throw failure ?? new AlidadeError({ code: 'not_found', message: 'there is no output to read' });
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function parseScore(text: string, path: string, row: number): ScoredRow {
  const scored = parseScoreLine(text);
  if (scored !== null) return scored;
  throw new FormatError({
    problem: `line ${row + 1} is no scored row`,
    file: path,
    hint: 'the file was changed by something else: score again',
  });
}

function ranksOf(scored: ScoredRow): { readonly rank: number; readonly chosen: number; readonly rejected: number } {
  if ('error' in scored) return { rank: NaN, chosen: NaN, rejected: NaN };
  if ('margin' in scored) return { rank: scored.margin, chosen: scored.chosen.score, rejected: scored.rejected.score };
  const score = 'responses' in scored ? (scored.responses[scored.best]?.score ?? NaN) : scored.score;
  return { rank: score, chosen: NaN, rejected: NaN };
}
