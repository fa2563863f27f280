import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Exclusive } from '../../core/exclusive';
import { readHeadRunRecord, writeHeadRunRecord, type HeadRunRecord } from './headRunRecord';

/** Bytes; a report with every curve has some hundred thousand. */
const longestRecord = 16_000_000;

/** Trainings and evaluations of a workspace: one file each. */
export class HeadRunStore {
  readonly #folder: string;
  readonly #turns = new Exclusive();

  /** @param folder is made when the first run is. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Every run that can be read, the newest first. @param interruption why one that was under way is not any more. */
  async load(interruption: string): Promise<readonly HeadRunRecord[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    const records = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const size = await stat(path).then(
          (found) => (found.isFile() ? found.size : null),
          () => null,
        );
        if (!name.endsWith('.json') || size === null || longestRecord < size) return null;
        const record = readHeadRunRecord(await readFile(path, 'utf8').catch(() => ''), interruption);
        return record !== null && `${record.id}.json` === name ? record : null;
      }),
    );
    return records.filter((record) => record !== null).sort((a, b) => b.created - a.created);
  }

  /** Complete or as it was before. */
  save(record: HeadRunRecord): Promise<void> {
    return this.#turns.run(async () => {
      await mkdir(this.#folder, { recursive: true });
      const path = join(this.#folder, `${record.id}.json`);
      // Of its own: another window may write the same record.
      const temporary = `${path}.${randomUUID()}`;
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(writeHeadRunRecord(record));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    });
  }

  /** The record, not the head. */
  remove(id: string): Promise<void> {
    return this.#turns.run(() => rm(join(this.#folder, `${id}.json`), { force: true }));
  }
}
