import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { FeatureMatrix, FeaturePlace } from '../../core/training/featureMatrix';
import { describeFileError } from '../checkpoint/describeFileError';
import { acquireLock, type FileLock } from '../checkpoint/fileLock';
import { GrowingFile } from '../growingFile';
import {
  featurePlaces,
  readFeatureRecords,
  writeFeatureRecords,
  type FeatureRecord,
  type StateReference,
} from './featureRecords';
import { StateFile } from './stateFile';

/** Milliseconds: a run of a large model lets no sign of life out while it computes. */
const abandonedAfter = 600_000;

export interface FeatureStoreParams {
  /** Created with the first features. */
  readonly folder: string;
  /** The body's hidden size. */
  readonly columns: number;
  readonly places: readonly FeaturePlace[];
}

/** A text whose states were made. */
export interface MadeText {
  readonly key: string;
  readonly promptKey: string | null;
  readonly responseTokens: number;
  /** What was made, or of the gate what another text has; places that are left out stay as they are. */
  readonly states: Readonly<Partial<Record<FeaturePlace, Float32Array | StateReference>>>;
}

/**
 * Features of texts on the disk: `texts.bin` says of each text where its states lie, in one file of plain F32 rows for
 * each place. Both only grow. States are flushed before a text is noted, texts of one window are noted all or not at all,
 * and everything has a checksum: whatever a kill, a full disk or a worn one leaves behind, a text is there whole or is made
 * again. One process writes at a time; others may read meanwhile.
 */
export class FeatureStore {
  readonly #params: FeatureStoreParams;
  readonly #files: Readonly<Record<FeaturePlace, StateFile>>;
  readonly #texts = new Map<string, FeatureRecord>();
  readonly #prompts = new Map<string, StateReference>();
  #indexLength = 0; // bytes that were read
  #writing: Writing | null = null;

  private constructor(params: FeatureStoreParams) {
    this.#params = params;
    const fileOf = (place: FeaturePlace): StateFile => new StateFile(this.#pathOf(`${place}.f32`), params.columns);
    this.#files = { last: fileOf('last'), mean: fileOf('mean'), gate: fileOf('gate') };
  }

  /** @throws AlidadeError `permission`, `cancelled`. */
  static async open(params: FeatureStoreParams): Promise<FeatureStore> {
    const store = new FeatureStore(params);
    await store.#readIndex();
    return store;
  }

  /**
   * Holds the states of some texts against their checksums; those that are damaged are not found any more.
   * @returns how many states were damaged.
   */
  check(keys: Iterable<string>, context: Pick<JobContext, 'signal'>): number {
    const records = Array.from(keys, (key) => this.#texts.get(key)).filter((record) => record !== undefined);
    let count = 0;
    for (const place of this.#params.places) {
      const references = records.flatMap(({ states }) => states[place] ?? []);
      const damaged = this.#files[place].findDamaged(references, context);
      if (damaged.size === 0) continue;
      count += damaged.size;
      this.#forgetStates(place, damaged);
    }
    return count;
  }

  /** A text that has its states at all places; null: it has to be made. */
  find(key: string): FeatureRecord | null {
    const record = this.#texts.get(key);
    return record !== undefined && this.missingPlaces(key).length === 0 ? record : null;
  }

  missingPlaces(key: string): readonly FeaturePlace[] {
    const record = this.#texts.get(key);
    return this.#params.places.filter((place) => record?.states[place] === undefined);
  }

  /** Where the gate's state of a prompt lies, whatever the reply it was made with. */
  findPrompt(promptKey: string, context: Pick<JobContext, 'signal'>): StateReference | null {
    const reference = this.#prompts.get(promptKey);
    if (reference === undefined) return null;
    const damaged = this.#files.gate.findDamaged([reference], context);
    if (damaged.size === 0) return reference;
    this.#forgetStates('gate', damaged);
    return null;
  }

  get isWriting(): boolean {
    return this.#writing !== null;
  }

  /**
   * Makes this process the one that writes, and takes up what another has written meanwhile.
   * @throws AlidadeError `permission`, `no_space`, `cancelled`.
   */
  async beginWriting(context: JobContext): Promise<void> {
    const { folder, places } = this.#params;
    if (this.#writing !== null) return;
    await makeFolder(folder);
    const onWait = (): void => context.logger.info(`another process writes to ${folder}: waiting for it`);
    const lock = await acquireLock(this.#pathOf('lock'), { signal: context.signal, onWait, abandonedAfter });
    const opened: GrowingFile[] = [];
    const grow = async (name: string, kept: number): Promise<GrowingFile> => {
      const file = await GrowingFile.open(this.#pathOf(name), kept);
      opened.push(file);
      return file;
    };
    try {
      await this.#readIndex();
      const states: Partial<Record<FeaturePlace, GrowingFile>> = {};
      for (const place of places) states[place] = await grow(`${place}.f32`, this.#usedLength(place));
      this.#writing = { lock, states, index: await grow('texts.bin', this.#indexLength) };
    } catch (error) {
      for (const file of opened) await file.close();
      await lock.release();
      throw error;
    }
  }

  /**
   * Adds the texts of a window, safely on the disk when this settles.
   * @throws AlidadeError `no_space`, `permission`; `exists` when another process has taken over.
   */
  async append(texts: readonly MadeText[]): Promise<void> {
    const writing = this.#writing;
    if (writing === null) throw new Error('nothing may be written before beginWriting');
    if (texts.length === 0) return;
    await this.#refuseSuccessor(writing);
    const placed = texts.map((text) => ({ ...this.#texts.get(text.key)?.states }));
    for (const place of this.#params.places) {
      const file = writing.states[place] as GrowingFile;
      const firstRow = file.bytes / this.#files[place].rowLength;
      const rows: Float32Array[] = [];
      texts.forEach(({ states }, index) => {
        const state = states[place];
        if (state === undefined) return;
        if (!(state instanceof Float32Array)) {
          placed[index][place] = state;
          return;
        }
        // Of a prompt that comes several times in the window, one row.
        const known = rows.indexOf(state);
        const row = firstRow + (known === -1 ? rows.push(state) - 1 : known);
        placed[index][place] = { row, checksum: crc32(bytesOf(state)) };
      });
      await file.append(Buffer.concat(rows.map(bytesOf)));
      await file.sync();
      rows.forEach((_, index) => this.#files[place].trust(firstRow + index));
    }
    const records = texts.map(({ key, promptKey, responseTokens }, index): FeatureRecord => {
      const before = this.#texts.get(key)?.promptKey ?? null;
      return { key, promptKey: promptKey ?? before, responseTokens, states: placed[index] };
    });
    await writing.index.append(writeFeatureRecords(records));
    await writing.index.sync();
    this.#indexLength = writing.index.bytes;
    for (const record of records) this.#note(record);
  }

  async endWriting(): Promise<void> {
    const writing = this.#writing;
    this.#writing = null;
    if (writing === null) return;
    for (const file of [...Object.values(writing.states), writing.index]) await file.close();
    await writing.lock.release();
  }

  /** The states of some texts, which are there, in their order. */
  matrix(keys: readonly string[], place: FeaturePlace): FeatureMatrix {
    const rows = Int32Array.from(keys, (key) => {
      const reference = this.#texts.get(key)?.states[place];
      if (reference === undefined) throw new RangeError(`there is no ${place} state of ${key}`);
      return reference.row;
    });
    return this.#files[place].matrix(rows);
  }

  async release(): Promise<void> {
    await this.endWriting();
    for (const place of featurePlaces) this.#files[place].close();
  }

  #pathOf(name: string): string {
    return join(this.#params.folder, name);
  }

  /** Reads the index again where it has grown. */
  async #readIndex(): Promise<void> {
    const path = this.#pathOf('texts.bin');
    try {
      const { size } = await stat(path);
      if (size === this.#indexLength) return;
      const { records, end } = readFeatureRecords(await readFile(path));
      this.#texts.clear();
      this.#prompts.clear();
      for (const record of records) this.#note(record);
      this.#indexLength = end;
    } catch (error) {
      const failure = describeFileError(error, path);
      if (failure.code !== 'not_found') throw failure;
    }
  }

  #note(record: FeatureRecord): void {
    this.#texts.set(record.key, record);
    if (record.promptKey !== null && record.states.gate !== undefined) {
      this.#prompts.set(record.promptKey, record.states.gate);
    }
  }

  /** Bytes of a file of states that some text refers to, as far as they are there. */
  #usedLength(place: FeaturePlace): number {
    let rows = 0;
    for (const { states } of this.#texts.values()) rows = Math.max(rows, (states[place]?.row ?? -1) + 1);
    const file = this.#files[place];
    return Math.min(rows, file.countRows()) * file.rowLength;
  }

  #forgetStates(place: FeaturePlace, rows: ReadonlySet<number>): void {
    for (const [key, record] of this.#texts) {
      const reference = record.states[place];
      if (reference === undefined || !rows.has(reference.row)) continue;
      const states = { ...record.states };
      delete states[place];
      this.#texts.set(key, { ...record, states });
      if (place === 'gate' && record.promptKey !== null) this.#prompts.delete(record.promptKey);
    }
  }

  /** A process that was stopped for a minute may find that another has its lock. */
  async #refuseSuccessor({ index }: Writing): Promise<void> {
    const path = this.#pathOf('texts.bin');
    const found = await stat(path).catch((error: unknown) => {
      throw describeFileError(error, path);
    });
    if (found.size === index.bytes) return;
    throw new AlidadeError({
      code: 'exists',
      message: `another process writes to ${this.#params.folder}`,
      hint: 'run it again: what is there is kept',
    });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw describeFileError(error, folder);
    throw new AlidadeError({
      code: 'exists',
      message: `${folder} cannot be a folder: there is a file of that name, or where it should lie`,
      hint: 'choose another folder for the features',
      cause: error,
    });
  }
}

interface Writing {
  readonly lock: FileLock;
  readonly states: Readonly<Partial<Record<FeaturePlace, GrowingFile>>>;
  readonly index: GrowingFile;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
