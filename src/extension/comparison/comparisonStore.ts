import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparisonRecord } from '../../core/comparison/comparisonRecord';
import type { ComparisonState, Side } from '../../protocol/comparisonView';
import type { ScoreSettings } from '../reward/readScoreSettings';
import type { ChosenPrompts } from './prepareComparison';
import type { ComparedVersions } from './versionSource';

/** Raised whenever what is kept changes its meaning: what another number wrote is not read. */
const format = 1;

/** The oldest go first. */
const mostComparisons = 50;

/** What a page needs to come back as it was. */
export interface KeptComparison {
  readonly versions: ComparedVersions;
  readonly prompts: ChosenPrompts;
  readonly record: ComparisonRecord;
  readonly notes: readonly string[];
  readonly state: Exclude<ComparisonState, { kind: 'running' }>;
  /** Of both versions when they were read. */
  readonly texts: Readonly<Record<Side, string>>;
  readonly settings: ScoreSettings | null;
}

/** Comparisons as they ended, a file each in the storage of the workspace. */
export class ComparisonStore {
  readonly #folder: string;

  /** @param folder is made when there is something to keep. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Complete or as it was before. */
  async keep(kept: KeptComparison): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = this.#path(kept.versions);
    const temporary = `${path}.${randomUUID()}`;
    try {
      await writeFile(temporary, JSON.stringify({ format, ...kept }), { flush: true });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await this.#dropOldest();
  }

  /** null: there is none, or none that can be read. */
  async load(versions: ComparedVersions): Promise<KeptComparison | null> {
    try {
      const kept = JSON.parse(await readFile(this.#path(versions), 'utf8')) as KeptComparison & {
        readonly format: number;
      };
      return kept.format === format && keyOf(kept.versions) === keyOf(versions) ? kept : null;
    } catch {
      return null;
    }
  }

  #path(versions: ComparedVersions): string {
    const name = createHash('sha256').update(keyOf(versions)).digest('hex').slice(0, 24);
    return join(this.#folder, `${name}.json`);
  }

  async #dropOldest(): Promise<void> {
    const names = await readdir(this.#folder);
    if (names.length <= mostComparisons) return;
    const aged = await Promise.all(
      names.map(async (name) => ({
        name,
        time: (await stat(join(this.#folder, name)).catch(() => null))?.mtimeMs ?? 0,
      })),
    );
    const oldest = aged.sort((a, b) => a.time - b.time).slice(0, names.length - mostComparisons);
    await Promise.all(oldest.map(({ name }) => rm(join(this.#folder, name), { force: true })));
  }
}

/** The same for the same pair of versions, in this order. */
export function keyOf({ first, second }: ComparedVersions): string {
  return JSON.stringify([first.kind, first.uri, second.kind, second.uri]);
}
