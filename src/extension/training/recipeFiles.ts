import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RecipeFile, RecipeFiles } from '../../core/training/recipe/checkRecipeData';
import type { HeadRecipePlace } from '../../core/training/recipe/headRecipePlaces';
import type { DataFields } from '../../core/training/data/dataFields';
import type { SidecarClient } from '../sidecar/sidecarClient';

/** Rows of a file that are looked at: what a field is called is known after the first. */
const rowsLookedAt = 1000;
/** Files whose fields are kept; the first that came is forgotten first. */
const mostKept = 200;

export interface RecipeFilesParams {
  readonly places: readonly HeadRecipePlace[];
  /** Where files are looked for, the first first. */
  readonly folders: readonly string[];
  readonly signal: AbortSignal;
}

interface FoundFile {
  readonly data: string;
  readonly file: string;
  /** null: no folder has it. */
  readonly path: string | null;
  /** The same for the same content and the same question. */
  readonly key: string;
}

/** The first rows of the files that recipes name, each read once until it changes. */
export class RecipeFileReader {
  readonly #client: SidecarClient;
  readonly #known = new Map<string, DataFields>();

  constructor(client: SidecarClient) {
    this.#client = client;
  }

  /** @throws AlidadeError why files could not be looked at at all: what is wrong with one of them is its answer. */
  async read({ places, folders, signal }: RecipeFilesParams): Promise<RecipeFiles> {
    const paths = [...new Set(places.flatMap((place) => (place.kind === 'field' ? [place.field] : [])))].sort();
    const named = places.flatMap((place) => (place.kind === 'file' ? [place] : []));
    const found = await Promise.all(named.map(({ data, file }) => findFile({ data, file, folders, paths })));
    const wanted = new Map(
      found.flatMap(({ key, path }) => (path === null || this.#known.has(key) ? [] : [[key, path] as const])),
    );
    if (0 < wanted.size) {
      const params = { files: [...wanted.values()], rows: rowsLookedAt, paths };
      const { files } = await this.#client.readDataFields(params, { signal });
      [...wanted.keys()].forEach((key, index) => this.#keep(key, files[index]));
    }
    const byData = new Map<string, Map<string, RecipeFile>>();
    for (const each of found) {
      const files = byData.get(each.data) ?? new Map<string, RecipeFile>();
      files.set(each.file, this.#answer(each, folders));
      byData.set(each.data, files);
    }
    return byData;
  }

  #keep(key: string, fields: DataFields): void {
    this.#known.set(key, fields);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= mostKept) break;
      this.#known.delete(old);
    }
  }

  #answer({ path, key }: FoundFile, folders: readonly string[]): RecipeFile {
    const fields = this.#known.get(key);
    if (path === null || fields === undefined) return { kind: 'missing', folders };
    return fields.error === null ? { kind: 'read', ...fields } : { kind: 'unreadable', message: fields.error.message };
  }
}

interface FindParams {
  readonly data: string;
  readonly file: string;
  readonly folders: readonly string[];
  readonly paths: readonly string[];
}

async function findFile({ data, file, folders, paths }: FindParams): Promise<FoundFile> {
  for (const folder of folders) {
    const path = resolve(folder, file);
    const found = await stat(path).catch(() => null);
    if (found !== null) return { data, file, path, key: JSON.stringify([path, found.mtimeMs, found.size, paths]) };
  }
  return { data, file, path: null, key: '' };
}
