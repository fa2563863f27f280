import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { describeFileError } from '../checkpoint/describeFileError';
import { isThere, syncFolder, WorkFolder } from '../workFolder';

const journalName = 'journal.jsonl';
const resultName = 'result';
const replacedName = 'replaced';
const knownName = new RegExp(`^(journal\\.jsonl|${resultName}|${replacedName}|stage-\\d+)$`);

/**
 * Where a merge works: `TARGET.part` beside the target, a folder that nobody else writes to. It has the journal, the
 * results of earlier stages, and the folder that is renamed to the target at the end.
 */
export class MergeFolder {
  readonly target: string;
  readonly #folder: WorkFolder;

  private constructor(target: string, folder: WorkFolder) {
    this.target = target;
    this.#folder = folder;
  }

  /**
   * Takes the folder for this process, as an earlier run may have left it; what that was killed in the middle of at its
   * end is finished first.
   * @throws AlidadeError as `WorkFolder.claim`.
   */
  static async claim(target: string, signal: AbortSignal): Promise<MergeFolder> {
    const folder = new MergeFolder(target, await WorkFolder.claim({ target, knownName, work: 'a merge' }, signal));
    await folder.#finishReplacing();
    return folder;
  }

  get path(): string {
    return this.#folder.path;
  }

  get journal(): string {
    return join(this.path, journalName);
  }

  /** What becomes the target. */
  get result(): string {
    return join(this.path, resultName);
  }

  /** The result of a stage that later ones read. */
  stage(index: number): string {
    return join(this.path, `stage-${index}`);
  }

  /**
   * Renames the result to the target and removes what was needed to get there.
   * @param isReplacing a folder that is there is removed, once the result has its name.
   * @throws AlidadeError `exists`, `permission`.
   */
  async putInPlace(isReplacing: boolean): Promise<void> {
    try {
      await syncFolder(this.result);
      if (await isThere(this.target)) {
        if (!isReplacing) throw existsAlready(this.target);
        await rename(this.target, join(this.path, replacedName));
      }
      await rename(this.result, this.target);
      await syncFolder(dirname(this.target));
    } catch (error) {
      throw describeFileError(error, this.target);
    }
    await this.#folder.remove();
  }

  /** Leaves the work for a run that goes on with it. */
  async leave(): Promise<void> {
    await this.#folder.leave();
  }

  /** Removes all that was made for the run. */
  async discard(): Promise<void> {
    await this.#folder.discard();
  }

  /** A run that was killed between the two renames of `putInPlace`, or after them. */
  async #finishReplacing(): Promise<void> {
    const replaced = join(this.path, replacedName);
    try {
      if (!(await isThere(replaced))) return;
      if (!(await isThere(this.target))) {
        const isMade = await isThere(this.result);
        await rename(isMade ? this.result : replaced, this.target);
      }
      await rm(replaced, { recursive: true, force: true });
    } catch (error) {
      await this.leave();
      throw describeFileError(error, this.target);
    }
  }
}

export function existsAlready(target: string): AlidadeError {
  return new AlidadeError({
    code: 'exists',
    message: `${target} exists`,
    hint: 'choose another folder, or replace it with --force',
  });
}
