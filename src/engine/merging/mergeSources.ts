import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { MergePlan, PlannedSource, PlannedTensor } from '../../core/merging/plan/mergePlan';
import { describeFileError } from '../checkpoint/describeFileError';

/**
 * The tensors of a plan with absolute paths: those of earlier stages lie where these were written.
 * @param stageFolders folders by name of the stage.
 */
export function locateTensors(plan: MergePlan, stageFolders: ReadonlyMap<string, string>): readonly PlannedTensor[] {
  const folders = plan.models.map(({ fingerprint, path }) =>
    fingerprint === null ? stageFolders.get(path) : undefined,
  );
  if (folders.every((folder) => folder === undefined)) return plan.tensors;
  const located = (source: PlannedSource): PlannedSource => {
    const folder = folders[source.model];
    if (folder === undefined || isAbsolute(source.tensor.file)) return source;
    return { ...source, tensor: { ...source.tensor, file: join(folder, source.tensor.file) } };
  };
  return plan.tensors.map((tensor) => ({ ...tensor, sources: tensor.sources.map(located) }));
}

/** The files that a merge reads, and how they were when it was planned. */
export class WatchedSources {
  readonly #files: MergePlan['models'][number]['files'];

  constructor(stages: readonly MergePlan[]) {
    const files = stages.flatMap(({ models }) =>
      models.flatMap(({ fingerprint, files }) => (fingerprint === null ? [] : files)),
    );
    this.#files = [...new Map(files.map((file) => [file.path, file])).values()];
  }

  get paths(): readonly string[] {
    return this.#files.map(({ path }) => path);
  }

  /** @throws AlidadeError `weights` when one is not what it was, `not_found`. */
  check(): void {
    for (const { path, size, changedAt } of this.#files) {
      let found;
      try {
        found = statSync(path);
      } catch (error) {
        throw describeFileError(error, path);
      }
      if (found.size === size && found.mtimeMs === changedAt) continue;
      throw new AlidadeError({
        code: 'weights',
        message: `${path} has changed since the merge was planned`,
        hint: 'begin again when it is complete',
      });
    }
  }
}
