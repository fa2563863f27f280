import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import { FormatError } from '../../core/formatError';
import { compareKeys, writeJournalHead, writeJournalState, writeJournalWriter, type RunKey } from '../../core/journal';
import { frontPicture } from '../../core/merging/search/frontPicture';
import { bestTrial, writeTrialLines, type RatioTrial } from '../../core/merging/search/ratioTrial';
import { readSearchJournal, type SearchStep } from '../../core/merging/search/searchJournal';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';
import { identifyProcess, isRunning } from '../processIdentity';
import { replaceFile } from '../replaceFile';

export interface SearchFolderParams {
  readonly path: string;
  /** What the search depends on: one that goes on needs the same. */
  readonly key: RunKey;
  readonly resume: boolean;
  /** The recipe of ratios. */
  readonly recipeOf: (ratios: readonly number[]) => string;
}

/** Bytes; a step has some hundred, one of samples some hundred thousand. */
const longestJournal = 256_000_000;
const journalName = 'search.journal';
const madeNames = ['front.jsonl', 'best.yml', 'front.svg'];

/**
 * The folder of a search: every step is in its journal before it counts, and after every trial `front.jsonl` (all trials),
 * `best.yml` (the recipe that keeps most of both) and `front.svg` say how far it has come. It can be used at any moment.
 */
export class SearchFolder {
  readonly #params: SearchFolderParams;
  readonly #journal: GrowingFile;
  readonly #steps: SearchStep[];

  private constructor(params: SearchFolderParams, journal: GrowingFile, steps: readonly SearchStep[]) {
    this.#params = params;
    this.#journal = journal;
    this.#steps = [...steps];
  }

  /**
   * @throws AlidadeError `exists` (another search is or was there, and is not to be or cannot be gone on with), `format`
   * (the journal), `permission`, `no_space`, `not_found`.
   */
  static async open(params: SearchFolderParams): Promise<SearchFolder> {
    const { path, key, resume } = params;
    const found = await checkSearchFolder(params);
    const journal = resume ? found : null;
    if (journal !== null) refuseOtherKey(path, journal.key, key);
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw describeFileError(error, path);
    }
    const end = journal?.entries.at(-1)?.end ?? journal?.headEnd ?? 0;
    const file = await GrowingFile.open(join(path, journalName), end);
    try {
      const head = journal === null ? writeJournalHead(key) : '';
      await file.append(Buffer.from(head + writeJournalWriter(identifyProcess(process.pid))));
      await file.sync();
      const folder = new SearchFolder(params, file, journal?.entries.map(({ state }) => state) ?? []);
      // A search that was killed between its journal and these.
      if (0 < folder.trials.length) await folder.#writeFiles();
      return folder;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get steps(): readonly SearchStep[] {
    return this.#steps;
  }

  get trials(): readonly RatioTrial[] {
    return this.#steps.flatMap((step) => (step.kind === 'trial' ? [step.trial] : []));
  }

  async add(step: SearchStep): Promise<void> {
    await this.#journal.append(Buffer.from(writeJournalState(step)));
    await this.#journal.sync();
    this.#steps.push(step);
    if (step.kind === 'trial') await this.#writeFiles();
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  async #writeFiles(): Promise<void> {
    const { path, recipeOf } = this.#params;
    const { trials } = this;
    await replaceFile(join(path, 'front.jsonl'), writeTrialLines(trials));
    const best = bestTrial(trials);
    if (best !== null) await replaceFile(join(path, 'best.yml'), recipeOf(best.ratios));
    await replaceFile(join(path, 'front.svg'), frontPicture(trials));
  }
}

/**
 * Refuses what `SearchFolder.open` would refuse, except for a search with another key: worth knowing before a model is
 * opened.
 * @returns the journal of an earlier search.
 */
export async function checkSearchFolder({
  path,
  resume,
}: Pick<SearchFolderParams, 'path' | 'resume'>): Promise<ReturnType<typeof readSearchJournal>> {
  const names = await readdir(path).catch((error: unknown): string[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw describeFileError(error, path);
  });
  const journal = names.includes(journalName) ? await readJournalFile(join(path, journalName)) : null;
  const writer = journal?.writer ?? null;
  if (writer !== null && writer.pid !== process.pid && isRunning(writer)) {
    throw new AlidadeError({
      code: 'exists',
      message: `process ${writer.pid} is searching in ${path}`,
      hint: 'wait for it, or choose another folder',
    });
  }
  const steps = journal?.entries.length ?? 0;
  if (!resume && 0 < steps) {
    throw new AlidadeError({
      code: 'exists',
      message: `${path} has a search with ${countOf(steps, 'step')}`,
      hint: '--resume goes on with it; to begin anew, choose another folder',
    });
  }
  const made = steps === 0 ? names.find((name) => madeNames.includes(name)) : undefined;
  if (made !== undefined) {
    throw new AlidadeError({ code: 'exists', message: `${join(path, made)} exists`, hint: 'choose another folder' });
  }
  return journal;
}

async function readJournalFile(path: string): Promise<ReturnType<typeof readSearchJournal>> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (longestJournal < size) throw noJournal(path);
    text = await readFile(path, 'latin1');
  } catch (error) {
    throw describeFileError(error, path);
  }
  const journal = readSearchJournal(text);
  // A search that was killed while it wrote the first line has done nothing yet.
  if (journal === null && text.includes('\n')) throw noJournal(path);
  return journal;
}

function noJournal(file: string): FormatError {
  return new FormatError({ problem: 'it is no journal of a search', file, hint: 'choose another folder' });
}

function refuseOtherKey(path: string, before: RunKey, now: RunKey): void {
  const differences = compareKeys(before, now);
  if (differences.length === 0) return;
  throw new AlidadeError({
    code: 'exists',
    message: `the search in ${path} cannot go on, because it was begun with other ${differences.join(', ')}`,
    hint: 'run it as it was begun, or choose another folder',
  });
}
