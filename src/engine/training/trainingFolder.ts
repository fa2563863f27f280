import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger } from '../../core/jobContext';
import { compareKeys, readJournal, writeJournalHead, writeJournalState, type RunKey } from '../../core/journal';
import { isRecord } from '../../core/promptFile/rowProblem';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';
import { replaceFile } from '../replaceFile';
import { isThere, syncFolder, WorkFolder } from '../workFolder';
import { loadStep, readStep, saveStep, writeStep } from './stepFile';

const journalName = 'journal.jsonl';
/** What becomes the head file, and the card. */
const madeNames = { head: 'head', card: 'card' } as const;
const checkpointEnding = '.checkpoint';
const knownName = /^(journal\.jsonl|head|card|[\w-]+\.(json|checkpoint)(\.\d+\.tmp)?)$/;
/** Bytes; a line a step. */
const longestJournal = 16_000_000;

export interface TrainingOutput {
  /** Absolute path of the head file. */
  readonly head: string;
  /** Absolute path of the model card. */
  readonly card: string;
}

/** What a line of the journal says. */
type TrainingEntry =
  | { readonly step: string; readonly sha256: string }
  /** Both files are made; from here on they are put in their places. */
  | { readonly placing: Readonly<Record<keyof TrainingOutput, string>> };

/**
 * Where a training works: `HEAD.part` beside the head file, with the result of each step and a journal that says which are
 * whole. A run that goes on takes them as they are, so it gives the same bytes.
 */
export class TrainingFolder {
  readonly #output: TrainingOutput;
  readonly #folder: WorkFolder;
  #journal: GrowingFile | null = null;
  /** SHA-256 of the results that are there, by step. */
  #finished = new Map<string, string>();
  #placing: Readonly<Record<keyof TrainingOutput, string>> | null = null;
  #hasCheckpoint = false;

  private constructor(output: TrainingOutput, folder: WorkFolder) {
    this.#output = output;
    this.#folder = folder;
  }

  /** @throws AlidadeError as `WorkFolder.claim`. */
  static async claim(output: TrainingOutput, signal: AbortSignal): Promise<TrainingFolder> {
    const folder = await WorkFolder.claim({ target: output.head, knownName, work: 'a training' }, signal);
    return new TrainingFolder(output, folder);
  }

  /** Steps whose results are there, those of interrupted runs too. */
  get steps(): number {
    return this.#finished.size;
  }

  /** Whether there is something that a run could go on with, be it another run's. */
  async holdsWork(): Promise<boolean> {
    if (this.#journal === null) return isThere(join(this.#folder.path, journalName));
    return 0 < this.steps || this.#hasCheckpoint;
  }

  /**
   * Reads what an interrupted run has done, or begins anew.
   * @param force files that are there are replaced at the end.
   * @throws AlidadeError `exists` (the interrupted run was begun with something else, or an output file is there),
   * `permission`, `no_space`.
   */
  async begin(
    { key, resume, force }: { readonly key: RunKey; readonly resume: boolean; readonly force: boolean },
    logger: Logger,
  ): Promise<void> {
    const { head, card } = this.#output;
    const path = join(this.#folder.path, journalName);
    const known = resume ? await readTrainingJournal(path) : null;
    const differences = known === null ? [] : compareKeys(known.key, key);
    if (0 < differences.length) {
      throw new AlidadeError({
        code: 'exists',
        message: `the interrupted training of ${head} cannot go on, because ${differences.join(' and ')} changed`,
        hint: 'without --resume it begins anew',
      });
    }
    for (const { state } of known?.entries ?? []) {
      if ('step' in state) this.#finished.set(state.step, state.sha256);
      else this.#placing = state.placing;
    }
    if (!force) await this.#refuseOther();
    if (known === null) {
      if (await isThere(path))
        logger.info(`an interrupted training of ${head} is dropped: --resume would go on with it`);
      await this.#clear();
    } else if (0 < this.steps) {
      logger.info(`${this.steps} of the steps are there already`);
    }
    this.#journal = await GrowingFile.open(path, known === null ? 0 : (known.entries.at(-1)?.end ?? known.headEnd));
    if (known === null) await this.#append(writeJournalHead(key));
    await makeParent(card);
  }

  /** The result of a step: what an interrupted run has left, else what `make` gives, which is kept. */
  async step<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
    const path = join(this.#folder.path, `${name}.json`);
    const sha256 = this.#finished.get(name);
    const known = sha256 === undefined ? null : await loadStep<Value>(path, sha256);
    if (known !== null) return known;
    const text = writeStep(await make());
    const written = await saveStep(path, text);
    await this.#note({ step: name, sha256: written });
    this.#finished.set(name, written);
    await rm(this.#checkpointPath(name), { force: true }).catch(() => undefined);
    return readStep<Value>(text);
  }

  hasStep(name: string): boolean {
    return this.#finished.has(name);
  }

  /** How far a step had come; null: it begins. */
  async loadCheckpoint(name: string): Promise<Uint8Array | null> {
    return readFile(this.#checkpointPath(name)).catch(() => null);
  }

  /** Keeps how far a step has come, instead of what was kept before. */
  async saveCheckpoint(name: string, pieces: readonly Uint8Array[]): Promise<void> {
    const path = this.#checkpointPath(name);
    const growing = `${path}.${process.pid}.tmp`;
    const file = await GrowingFile.open(growing);
    try {
      for (const piece of pieces) await file.append(piece);
      await file.sync();
      await file.close();
      await rename(growing, path);
      this.#hasCheckpoint = true;
    } catch (error) {
      await file.discard();
      throw describeFileError(error, path);
    }
  }

  /**
   * Puts both files in their places, the card first: where the head is, its card is too. Removes the folder.
   * @throws AlidadeError `exists`, `permission`, `no_space`.
   */
  async putInPlace(content: { readonly head: Uint8Array; readonly card: string }, force: boolean): Promise<void> {
    const { head, card } = this.#output;
    const made = {
      head: await this.#make(madeNames.head, content.head),
      card: await this.#make(madeNames.card, Buffer.from(content.card)),
    };
    this.#placing = { head: hashOf(content.head), card: hashOf(content.card) };
    await this.#note({ placing: this.#placing });
    if (!force) await this.#refuseOther();
    await move(made.card, card);
    await move(made.head, head);
    await syncFolder(dirname(head));
    await this.close();
    await this.#folder.remove();
  }

  /** Leaves the work for a run that goes on with it. */
  async leave(): Promise<void> {
    await this.close();
    await this.#folder.leave();
  }

  /** Removes all that was made for the run. */
  async discard(): Promise<void> {
    await this.close();
    await this.#folder.discard();
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = null;
  }

  /** @throws AlidadeError `exists` for output files that are there, unless a killed run of this training has put them there. */
  async #refuseOther(): Promise<void> {
    for (const name of ['head', 'card'] as const) {
      const path = this.#output[name];
      if (!(await isThere(path))) continue;
      const isOurs = this.#placing !== null && (await hashOfFile(path)) === this.#placing[name];
      if (!isOurs) throw existsAlready(path);
    }
  }

  async #clear(): Promise<void> {
    this.#finished = new Map();
    this.#placing = null;
    await this.#folder.clear();
  }

  async #make(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.#folder.path, name);
    const file = await GrowingFile.open(path);
    try {
      await file.append(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  #checkpointPath(name: string): string {
    return join(this.#folder.path, `${name}${checkpointEnding}`);
  }

  async #note(entry: TrainingEntry): Promise<void> {
    await this.#append(writeJournalState(entry));
  }

  async #append(line: string): Promise<void> {
    await this.#journal?.append(Buffer.from(line));
    await this.#journal?.sync();
  }
}

export function existsAlready(path: string): AlidadeError {
  return new AlidadeError({
    code: 'exists',
    message: `${path} exists`,
    hint: 'choose another name, or replace it with --force',
  });
}

/** null where there is nothing to go on from. */
async function readTrainingJournal(path: string): Promise<ReturnType<typeof readJournal<TrainingEntry>>> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true || longestJournal < found.size) return null;
  try {
    return readJournal<TrainingEntry>(await readFile(path, 'latin1'), (line) => {
      const { step, sha256, placing } = line;
      if (typeof step === 'string' && typeof sha256 === 'string') return { step, sha256 };
      if (!isRecord(placing)) return null;
      const { head, card } = placing;
      return typeof head === 'string' && typeof card === 'string' ? { placing: { head, card } } : null;
    });
  } catch (error) {
    throw describeFileError(error, path);
  }
}

/** Gives a file another name, be it on another disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const isOtherDisk = error instanceof Error && 'code' in error && error.code === 'EXDEV';
    if (!isOtherDisk) throw describeFileError(error, to);
    await replaceFile(to, await readFile(from));
  }
}

async function makeParent(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw describeFileError(error, dirname(path));
  }
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function hashOfFile(path: string): Promise<string | null> {
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    return hashOf(await file.readFile());
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
