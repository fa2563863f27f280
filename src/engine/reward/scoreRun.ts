import { createReadStream } from 'node:fs';
import { access, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import { FormatError } from '../../core/formatError';
import { compareKeys, writeJournalHead, writeJournalState, writeJournalWriter, type RunKey } from '../../core/journal';
import { isRecord } from '../../core/promptFile/rowProblem';
import type { OutputRow } from '../../core/reward/outputRow';
import { nothingDone, readScoreJournal, type ScoreJournal, type ScoreState } from '../../core/reward/scoreJournal';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';
import { identifyProcess, isRunning } from '../processIdentity';
import { splitLines } from '../promptFile/splitLines';

export interface ScoreRunParams {
  /** The complete output; absent until the end. */
  readonly path: string;
  readonly key: RunKey;
  /** Go on where an interrupted run stopped, if there is one. */
  readonly resume: boolean;
}

/** Bytes; about 3 million entries, of up to 64 rows each. */
const longestJournal = 256_000_000;
/** Bytes of the first line; about 1,000 are usual. */
const longestHead = 1_000_000;

/**
 * The output of a run while it is being written: scored rows as JSON lines in `PATH.part`, and in `PATH.journal` how many
 * of them are safely there. Rows are flushed before the journal counts them, so that what it counts survives a kill at
 * any moment; whatever lies beyond is cut off when the run goes on.
 */
export class ScoreRun {
  readonly #path: string;
  readonly #part: GrowingFile;
  readonly #journal: GrowingFile;
  #state: ScoreState;

  private constructor(parts: {
    readonly path: string;
    readonly part: GrowingFile;
    readonly journal: GrowingFile;
    readonly state: ScoreState;
  }) {
    this.#path = parts.path;
    this.#part = parts.part;
    this.#journal = parts.journal;
    this.#state = parts.state;
  }

  /**
   * @returns null when the output is complete already; only with `resume`.
   * @throws AlidadeError `exists` (the output, or an interrupted run that is not to be or cannot be resumed), `format`
   * (the journal), `permission`, `not_found` (the folder), `no_space`.
   */
  static async open({ path, key, resume }: ScoreRunParams): Promise<ScoreRun | null> {
    const journal = await checkScoreOutput({ path, resume });
    if (journal !== null && resume) refuseOtherKey(path, journal.key, key);
    const names = workNames(path);
    const partBytes = await sizeOf(names.part);
    if (resume && (await sizeOf(path)) !== null) {
      if (journal === null) return null;
      if (partBytes === null) {
        // Killed between putting the output in its place and tidying up.
        await rm(names.journal, { force: true });
        return null;
      }
    }
    const entry = resume ? journal?.entries.findLast(({ state }) => state.bytes <= (partBytes ?? 0)) : undefined;
    const part = await GrowingFile.open(names.part, entry?.state.bytes ?? 0);
    let journalFile: GrowingFile | null = null;
    try {
      journalFile = await GrowingFile.open(names.journal, entry === undefined ? 0 : entry.end);
      const head = entry === undefined ? writeJournalHead(key) : '';
      await journalFile.append(Buffer.from(head + writeJournalWriter(identifyProcess(process.pid))));
      const state = entry?.state ?? nothingDone;
      return new ScoreRun({ path, part, journal: journalFile, state });
    } catch (error) {
      await part.close();
      await journalFile?.close();
      throw error;
    }
  }

  get state(): ScoreState {
    return this.#state;
  }

  /** Where the rows lie, as JSON lines. */
  get partPath(): string {
    return workNames(this.#path).part;
  }

  /** Where the output is made when it is no JSON lines. */
  get tablePath(): string {
    return workNames(this.#path).table;
  }

  /** Adds rows and makes sure that they stay. */
  async append(lines: readonly string[], work: { readonly tokens: number; readonly seconds: number }): Promise<void> {
    await this.#part.append(Buffer.from(lines.join('')));
    await this.#part.sync();
    const { rows } = this.#state;
    await this.#note({ rows: rows + lines.length, bytes: this.#part.bytes, ...work, isFinished: false });
  }

  /** All rows are there. */
  async finish(): Promise<void> {
    if (!this.#state.isFinished) await this.#note({ ...this.#state, isFinished: true });
    await this.#journal.sync();
  }

  /** Puts the output in its place and removes what was needed to get there. @param from the complete output. */
  async moveIntoPlace(from: string): Promise<void> {
    await this.close();
    const { part, journal } = workNames(this.#path);
    try {
      await rename(from, this.#path);
    } catch (error) {
      throw describeFileError(error, this.#path);
    }
    await rm(part, { force: true });
    await rm(journal, { force: true });
  }

  async close(): Promise<void> {
    await this.#part.close();
    await this.#journal.close();
  }

  async #note(state: ScoreState): Promise<void> {
    await this.#journal.append(Buffer.from(writeJournalState(state)));
    this.#state = state;
  }
}

/** The names under which a run keeps its work. */
export function workNames(path: string): { readonly part: string; readonly journal: string; readonly table: string } {
  return { part: `${path}.part`, journal: `${path}.journal`, table: `${path}.table` };
}

/**
 * Refuses what `ScoreRun.open` would refuse, except for a run with another key: worth knowing before a model is opened.
 * @returns the journal of an interrupted run.
 */
export async function checkScoreOutput({
  path,
  resume,
}: Pick<ScoreRunParams, 'path' | 'resume'>): Promise<ScoreJournal | null> {
  const names = workNames(path);
  for (const name of [names.part, names.table]) await sizeOf(name);
  const journal = await readJournal(names);
  const rows = journal?.entries.at(-1)?.state.rows ?? 0;
  const writer = journal?.writer ?? null;
  if (writer !== null && writer.pid !== process.pid && isRunning(writer)) {
    throw new AlidadeError({
      code: 'exists',
      message: `${path} is being written by process ${writer.pid}`,
      hint: 'wait for it, or choose another output',
    });
  }
  const isThere = (await sizeOf(path)) !== null;
  if (isThere && !resume) {
    throw new AlidadeError({ code: 'exists', message: `${path} exists`, hint: 'choose another name, or remove it' });
  }
  if (isThere && journal !== null && journal.entries.at(-1)?.state.isFinished !== true) {
    throw new AlidadeError({
      code: 'exists',
      message: `${path} exists, and beside it an interrupted run that has not made it`,
      hint: `remove ${path} to go on with that run`,
    });
  }
  if (!resume && 0 < rows) {
    throw new AlidadeError({
      code: 'exists',
      message: `there is an interrupted run of ${path} with ${countOf(rows, 'row')}`,
      hint: `--resume goes on with it; to begin anew, remove ${names.part} and ${names.journal}`,
    });
  }
  if (!isThere) await checkFolder(path);
  return journal;
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  try {
    await access(folder, 2 /* W_OK */);
  } catch (error) {
    throw describeFileError(error, folder);
  }
}

/** @throws AlidadeError `format` when another file has its name: it is not to be written over. */
async function readJournal({ journal: path, part }: ReturnType<typeof workNames>): Promise<ScoreJournal | null> {
  const size = await sizeOf(path);
  if (size === null) return null;
  const refuse = (problem: string): FormatError =>
    new FormatError({ problem, file: path, hint: `to begin anew, remove it and ${part}; or choose another output` });
  if (longestJournal < size) throw refuse(`with ${size} bytes it is too large for the journal of a run`);
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    throw describeFileError(error, path);
  }
  const journal = readScoreJournal(text);
  // A run that was killed while it wrote the first line has done nothing yet.
  if (journal === null && (text.includes('\n') || longestHead < text.length)) throw refuse('it is no journal of a run');
  return journal;
}

function refuseOtherKey(path: string, before: RunKey, now: RunKey): void {
  const differences = compareKeys(before, now);
  if (differences.length === 0) return;
  const { part, journal } = workNames(path);
  throw new AlidadeError({
    code: 'exists',
    message: `the interrupted run of ${path} cannot go on, because it was begun with other ${differences.join(', ')}`,
    hint: `run it as it was begun; to begin anew, remove ${part} and ${journal}`,
  });
}

/**
 * Bytes; null where there is nothing.
 * @throws AlidadeError `exists` for anything but a regular file: reading a device may never end.
 */
async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw describeFileError(error, path);
  }
  throw new AlidadeError({
    code: 'exists',
    message: `${path} exists and is not a regular file`,
    hint: 'remove it, or choose another output',
  });
}

/**
 * The scored rows of a part file, or of a finished output in JSON lines.
 * @param bytes how many of them count; default: all.
 * @throws AlidadeError `format` for a line that is no scored row.
 */
export async function* readScoredRows(path: string, bytes?: number): AsyncGenerator<OutputRow> {
  if (bytes === 0) return;
  const stream = createReadStream(path, bytes === undefined ? {} : { end: bytes - 1 }) as AsyncIterable<Buffer>;
  try {
    let line = 0;
    for await (const content of splitLines(stream, path)) {
      line += 1;
      yield parseScoredRow(Buffer.from(content).toString('utf8'), path, line);
    }
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function parseScoredRow(text: string, path: string, line: number): OutputRow {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) && typeof value['id'] === 'string') return value as OutputRow;
  } catch {
    // As any other line that is no row.
  }
  throw new FormatError({ problem: `line ${line} is no scored row`, file: path, hint: 'remove the file' });
}
