import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Exclusive } from '../../core/exclusive';
import type { FileStamp, RunRecord } from './runRecord';
import { readRunRecord, writeRunRecord } from './runRecord';

const recordName = 'run.json';

/** The folders of the runs, one each: the record, the scores, their journal and summary. */
export class RunStore {
  readonly #folder: string;
  readonly #turns = new Exclusive();

  /** @param folder is made when the first run is. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  outputPath(id: string): string {
    return join(this.#folder, id, 'scores.jsonl');
  }

  summaryPath(id: string): string {
    return join(this.#folder, id, 'summary.json');
  }

  /** Every run that can be read, the newest first. @param interruption why a run that was under way is not any more. */
  async load(interruption: string): Promise<readonly RunRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const records = await Promise.all(
      names.map(async (name) => {
        const text = await readFile(join(this.#folder, name, recordName), 'utf8').catch(() => '');
        const record = readRunRecord(text, interruption);
        return record?.id === name ? record : null;
      }),
    );
    return records.filter((record) => record !== null).sort((a, b) => b.created - a.created);
  }

  /** Complete or as it was before. */
  save(record: RunRecord): Promise<void> {
    return this.#turns.run(() => this.#write(record));
  }

  async #write(record: RunRecord): Promise<void> {
    const folder = join(this.#folder, record.id);
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `${recordName}.${randomUUID()}`);
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(writeRunRecord(record));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, recordName));
  }

  /** The record and its scores. */
  remove(id: string): Promise<void> {
    return this.#turns.run(() => rm(join(this.#folder, id), { recursive: true, force: true }));
  }
}

/** null: it is not there. */
export async function stampOf(path: string): Promise<FileStamp | null> {
  const found = await stat(path).catch(() => null);
  return found === null ? null : { bytes: found.size, modified: Math.round(found.mtimeMs) };
}
