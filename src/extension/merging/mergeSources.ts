import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Disposable, EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import type { FileSystemWatcher } from 'vscode';
import { recipeModelKey, type RecipeModel } from '../../core/merging/recipe/mergeRecipe';
import { isReadable, type MergeSource, type MergeSourceReading } from '../../core/merging/plan/mergeSource';
import { debounce } from '../debounce';
import type { SidecarClient } from '../sidecar/sidecarClient';

export interface SourcesParams {
  readonly models: readonly RecipeModel[];
  /** From which relative paths are taken, one after the other. */
  readonly folders: readonly string[];
  readonly withVocabulary: boolean;
}

interface KnownSource {
  readonly source: MergeSource;
  /** Names, sizes and times of its files when it was read. */
  readonly state: string;
}

/** More than any recipe names; older ones are read again when they are wanted. */
const mostSources = 64;
/** Milliseconds; a download or a merge writes many files. */
const settleDelay = 500;

/** What is known of the models of recipes, read by the sidecar once and again when their files have changed. */
export class MergeSources implements Disposable {
  readonly #client: SidecarClient;
  /** The one that was wanted last comes last. */
  readonly #known = new Map<string, KnownSource>();
  readonly #watchers = new Map<string, FileSystemWatcher>();
  readonly #changed = new EventEmitter<void>();
  readonly #soon = debounce(() => this.#changed.fire(), settleDelay);

  /** Files of a model that has been read are others now. */
  readonly onDidChange = this.#changed.event;

  constructor(client: SidecarClient) {
    this.#client = client;
  }

  dispose(): void {
    this.#soon.dispose();
    this.#changed.dispose();
    Disposable.from(...this.#watchers.values()).dispose();
  }

  /**
   * One reading a model, in their order.
   * @param onWait told when some of them have to be read first.
   * @throws AlidadeError when the sidecar fails.
   */
  async read(
    { models, folders, withVocabulary }: SourcesParams,
    signal: AbortSignal,
    onWait: () => void = () => undefined,
  ): Promise<readonly MergeSourceReading[]> {
    const keyOf = (model: RecipeModel): string => JSON.stringify([recipeModelKey(model), folders, withVocabulary]);
    const readings = new Map<string, MergeSourceReading>();
    await Promise.all(
      models.map(async (model) => {
        const known = this.#known.get(keyOf(model));
        if (known !== undefined && (await stateOf(known.source)) === known.state) {
          readings.set(recipeModelKey(model), known.source);
        }
      }),
    );
    const missing = models.filter((model) => !readings.has(recipeModelKey(model)));
    if (0 < missing.length) {
      onWait();
      const references = missing.map(({ path, revision, adapter }) => ({ path, revision, adapter }));
      const { sources } = await this.#client.readMergeSources(
        { models: references, folders, withVocabulary },
        { signal },
      );
      for (const [index, reading] of sources.entries()) {
        readings.set(reading.key, reading);
        // What cannot be read is tried again each time: it may be there then.
        if (isReadable(reading)) await this.#keep(keyOf(missing[index]), reading);
      }
    }
    return models.flatMap((model) => readings.get(recipeModelKey(model)) ?? []);
  }

  async #keep(key: string, source: MergeSource): Promise<void> {
    this.#known.delete(key);
    this.#known.set(key, { source, state: await stateOf(source) });
    for (const [oldest] of this.#known) {
      if (this.#known.size <= mostSources) break;
      this.#known.delete(oldest);
    }
    this.#watch(source.path);
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.file(folder), '*'));
    watcher.onDidChange(this.#soon.call);
    watcher.onDidCreate(this.#soon.call);
    watcher.onDidDelete(this.#soon.call);
    this.#watchers.set(folder, watcher);
  }
}

async function stateOf({ path, files, companions }: MergeSource): Promise<string> {
  const paths = [...files.map((file) => file.path), ...['config.json', ...companions].map((name) => join(path, name))];
  const states = await Promise.all(
    paths.map((each) =>
      stat(each).then(
        ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
        () => 'none',
      ),
    ),
  );
  return states.join('\n');
}
