import { readFile, stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { compareKeys, writeJournalHead, writeJournalState } from '../../core/journal';
import type { Journal, RunKey } from '../../core/journal';
import { finishedName, finishedTensors, readMergeJournal } from '../../core/merging/mergeJournal';
import type { MergeState } from '../../core/merging/mergeJournal';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';

/** A tensor that has been written. */
export interface FinishedTensor {
  /** Index of the stage, and of the tensor in its plan. */
  readonly stage: number;
  readonly tensor: number;
  /** CRC-32 of its bytes. */
  readonly checksum: number;
  readonly bytes: number;
  /** Makes sure that it is on the disk. */
  readonly file: number;
}

export interface FinishedTensorsParams {
  /** Of the journal. */
  readonly path: string;
  readonly key: RunKey;
  /** What an interrupted run has noted counts. */
  readonly resume: boolean;
  readonly target: string;
}

/** Bytes; a line a tensor, of which a model has at most some 100,000. */
const longestJournal = 64_000_000;
/** Bytes and milliseconds of work that a kill may cost. */
const flushBytes = 256e6;
const flushInterval = 5000;

/**
 * The journal of a merge: tensors that are safely on the disk, with their checksums. What was written is flushed before it
 * is noted, some of it at a time and beside the work.
 */
export class FinishedTensors {
  /** By stage and tensor, those of interrupted runs too. */
  readonly #checksums: Map<string, number>;
  readonly #journal: GrowingFile;
  #noted: number;
  #sync: (files: Iterable<number>) => Promise<void> = () => Promise.resolve();
  #pending: FinishedTensor[] = [];
  #flushing: Promise<void> | null = null;
  #problem: unknown = null;
  #lastFlush = performance.now();

  private constructor(journal: GrowingFile, known: Journal<MergeState> | null) {
    this.#journal = journal;
    this.#checksums = known === null ? new Map<string, number>() : finishedTensors(known);
    this.#noted = this.#checksums.size;
  }

  /**
   * @throws AlidadeError `exists` when the interrupted run was begun with something else; `permission`, `no_space`.
   */
  static async open({ path, key, resume, target }: FinishedTensorsParams): Promise<FinishedTensors> {
    const known = resume ? await readKnown(path) : null;
    const differences = known === null ? [] : compareKeys(known.key, key);
    if (0 < differences.length) {
      throw new AlidadeError({
        code: 'exists',
        message: `the interrupted merge into ${target} cannot go on, because ${differences.join(' and ')} changed`,
        hint: 'without --resume it begins anew',
      });
    }
    const journal = await GrowingFile.open(path, known === null ? 0 : (known.entries.at(-1)?.end ?? known.headEnd));
    try {
      if (known === null) await journal.append(Buffer.from(writeJournalHead(key)));
      return new FinishedTensors(journal, known);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Tensors that are safely there, those of interrupted runs too. */
  get count(): number {
    return this.#noted;
  }

  /** undefined: the tensor is yet to be written. */
  checksum(tensor: Pick<FinishedTensor, 'stage' | 'tensor'>): number | undefined {
    return this.#checksums.get(finishedName(tensor));
  }

  /** What was noted of a stage does not count any more. */
  async forget(stage: number): Promise<void> {
    for (const name of [...this.#checksums.keys()]) {
      if (name.startsWith(`${stage}:`)) this.#checksums.delete(name);
    }
    this.#noted = this.#checksums.size;
    await this.#note([{ stage, isForgotten: true }]);
  }

  /** @param sync makes sure that files of the stage at work are on the disk. */
  useFiles(sync: (files: Iterable<number>) => Promise<void>): void {
    this.#sync = sync;
  }

  /** Takes a tensor that has been written, to be noted soon. @throws what went wrong with those before it. */
  add(tensor: FinishedTensor): void {
    if (this.#problem !== null) throw this.#problem as Error;
    this.#checksums.set(finishedName(tensor), tensor.checksum);
    this.#pending.push(tensor);
    const bytes = this.#pending.reduce((sum, pending) => sum + pending.bytes, 0);
    const isDue = flushBytes <= bytes || flushInterval <= performance.now() - this.#lastFlush;
    if (!isDue || this.#flushing !== null) return;
    this.#flushing = this.#flush()
      .catch((error: unknown) => {
        this.#problem = error;
      })
      .finally(() => {
        this.#flushing = null;
      });
  }

  /** All tensors that were added are on the disk and noted. */
  async flush(): Promise<void> {
    await this.#flushing;
    if (this.#problem !== null) throw this.#problem as Error;
    await this.#flush();
  }

  /** Nothing is left to do but to put the folder in its place. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#note([{ isFinished: true }]);
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#journal.close();
  }

  async #flush(): Promise<void> {
    const tensors = this.#pending;
    if (tensors.length === 0) return;
    this.#pending = [];
    await this.#sync(new Set(tensors.map(({ file }) => file)));
    await this.#note(tensors.map(({ stage, tensor, checksum }) => ({ stage, tensor, checksum })));
    this.#noted += tensors.length;
    this.#lastFlush = performance.now();
  }

  async #note(states: readonly MergeState[]): Promise<void> {
    await this.#journal.append(Buffer.from(states.map(writeJournalState).join('')));
    await this.#journal.sync();
  }
}

/** null where there is nothing to go on from. */
async function readKnown(path: string): Promise<Journal<MergeState> | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true || longestJournal < found.size) return null;
  try {
    return readMergeJournal(await readFile(path, 'latin1'));
  } catch (error) {
    throw describeFileError(error, path);
  }
}
