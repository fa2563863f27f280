import { copyFile, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import { readBytesOf } from '../../core/merging/plan/mergeCosts';
import type { MergePlan, PlannedCompanion, PlannedTensor } from '../../core/merging/plan/mergePlan';
import type { MergeResult, NonFiniteTensor } from '../../core/merging/mergeResult';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { flushFile } from '../checkpoint/partFile';
import { isThere } from '../workFolder';
import { ByteProgress } from './byteProgress';
import { allocatedBytes, checkMergeTarget, checkSpace } from './checkMergeTarget';
import { FinishedTensors } from './finishedTensors';
import { MergeFolder } from './mergeFolder';
import { locateTensors, WatchedSources } from './mergeSources';
import type { MergeTask } from './mergeTask';
import { MergeThreads } from './mergeThreads';
import type { MergeThreadsParams } from './mergeThreads';
import { OutputFiles } from './outputFiles';
import { readTokenizerCompanion } from './readTokenizerCompanion';

export interface RunMergeParams extends MergeThreadsParams {
  /** In the order in which they are to run; the last one makes the target. */
  readonly stages: readonly MergePlan[];
  /** Absolute path of the folder, which appears when it is complete. */
  readonly target: string;
  /** Go on where an interrupted run into the same target stopped, if there is one. */
  readonly resume: boolean;
  /** A folder that is there is replaced at the end. */
  readonly force: boolean;
  /** Read everything again at the end; default true. */
  readonly verify?: boolean | undefined;
  /** Wait until the disk has what was written; default true. Without it, what a crash of the machine leaves is not known. */
  readonly flush?: boolean | undefined;
  /** Of the program: another one does not go on with a run. */
  readonly version: string;
}

/**
 * Does what is planned: writes a checkpoint folder, complete or not at all. Memory does not depend on the size of the
 * models. What is finished of an interrupted run is kept beside the target, and a resumed run gives the same bytes.
 * @throws AlidadeError `exists` (target, another run, or an interrupted one that was begun with something else),
 * `no_space`, `permission`, `not_found`, `weights` (a source changed, or the output reads otherwise than it was written),
 * `format` (a source became shorter), `cancelled`.
 */
export async function runMerge(params: RunMergeParams, context: JobContext): Promise<MergeResult> {
  const sources = new WatchedSources(params.stages);
  const { target, force, resume } = params;
  sources.check();
  const isWaiting = await isThere(`${target}.part`);
  // What an interrupted run was about to replace, or has just made, is looked at when its folder is ours.
  if (!isWaiting && !(resume && (await isComplete(target, params.stages)))) {
    await checkMergeTarget({ target, force, sources: sources.paths });
  } else if (!isWaiting) {
    return new MergeRun(params, sources, context).confirm();
  }
  const folder = await MergeFolder.claim(target, context.signal);
  return new MergeRun(params, sources, context).write(folder);
}

class MergeRun {
  readonly #params: RunMergeParams;
  readonly #sources: WatchedSources;
  readonly #context: JobContext;
  readonly #started = performance.now();
  /** Tensors of each stage, once it is known where earlier ones lie. */
  readonly #stageFolders = new Map<string, string>();

  constructor(params: RunMergeParams, sources: WatchedSources, context: JobContext) {
    this.#params = params;
    this.#sources = sources;
    this.#context = context;
  }

  async write(folder: MergeFolder): Promise<MergeResult> {
    const { stages, target, force, resume } = this.#params;
    let finished: FinishedTensors | null = null;
    try {
      if (await isThere(target)) {
        if (resume && !(await isThere(folder.result)) && (await isComplete(target, stages))) {
          // Killed between putting the output in its place and tidying up.
          await folder.discard();
          return this.confirm();
        }
        await checkMergeTarget({ target, force, sources: this.#sources.paths });
      }
      finished = await this.#openJournal(folder);
      const resumedTensors = finished.count;
      if (0 < resumedTensors) this.#context.logger.info(`${countOf(resumedTensors, 'tensor')} are there already`);
      await this.#checkSpace(folder);
      const nonFinite = await this.#writeStages(folder, finished);
      await finished.finish();
      await finished.close();
      throwIfCancelled(this.#context.signal);
      await folder.putInPlace(force);
      return this.#result({ resumedTensors, nonFinite });
    } catch (error) {
      await finished?.close().catch(() => undefined);
      throw await this.#giveUp(error, folder, finished);
    }
  }

  /** A run that was complete before. */
  confirm(): MergeResult {
    this.#context.logger.info(`${this.#params.target} is complete: there is nothing to resume`);
    return this.#result({ resumedTensors: last(this.#params.stages).tensors.length, nonFinite: [], isVerified: false });
  }

  #result(parts: {
    readonly resumedTensors: number;
    readonly nonFinite: readonly NonFiniteTensor[];
    readonly isVerified?: boolean;
  }): MergeResult {
    const { target, stages, verify = true } = this.#params;
    const { tensors, bytes, files, companions } = last(stages);
    return {
      path: target,
      tensors: tensors.length,
      bytes,
      files: [...files, ...companions].map(({ name }) => name),
      seconds: (performance.now() - this.#started) / 1000,
      isVerified: verify,
      ...parts,
    };
  }

  async #openJournal(folder: MergeFolder): Promise<FinishedTensors> {
    const { stages, resume, target, version } = this.#params;
    if (!resume) {
      const known = await isThere(folder.journal);
      if (known)
        this.#context.logger.info(`an interrupted merge into ${target} is dropped: --resume would go on with it`);
      await rm(folder.result, { recursive: true, force: true });
      for (let stage = 0; await isThere(folder.stage(stage)); stage += 1) {
        await rm(folder.stage(stage), { recursive: true, force: true });
      }
    }
    const key = { 'the recipe or a model': stages.map(({ fingerprint }) => fingerprint).join(' '), Alidade: version };
    return FinishedTensors.open({ path: folder.journal, key, resume, target });
  }

  async #checkSpace(folder: MergeFolder): Promise<void> {
    let needed = 0;
    for (const [index, { bytes, files }] of this.#params.stages.entries()) {
      const names = files.map(({ name }) => name);
      needed += Math.max(0, bytes - (await allocatedBytes(this.#folderOf(folder, index), names)));
    }
    await checkSpace(folder.path, needed);
  }

  #folderOf(folder: MergeFolder, stage: number): string {
    return stage === this.#params.stages.length - 1 ? folder.result : folder.stage(stage);
  }

  async #writeStages(folder: MergeFolder, finished: FinishedTensors): Promise<readonly NonFiniteTensor[]> {
    const { stages, verify = true } = this.#params;
    const located = stages.map((plan, stage) => {
      const tensors = locateTensors(plan, this.#stageFolders);
      if (plan.name !== null) this.#stageFolders.set(plan.name, this.#folderOf(folder, stage));
      return tensors;
    });
    const isLeft = (stage: number) => (_: PlannedTensor, tensor: number) =>
      finished.checksum({ stage, tensor }) === undefined;
    const total = located.reduce(
      (sum, tensors, stage) => sum + readBytesOf(tensors.filter(isLeft(stage)), stages[stage]),
      0,
    );
    const progress = new ByteProgress('Merging', total, this.#context.progress);
    const threads = new MergeThreads(this.#params, total);
    try {
      for (const [stage, plan] of stages.entries()) {
        const path = this.#folderOf(folder, stage);
        await makeFolder(path);
        const output = await OutputFiles.open(path, plan.files, 0 < finished.count);
        const work: StageWork = { stage, plan, tensors: located[stage], output, finished, threads };
        try {
          if (!located[stage].every(isLeft(stage)) && output.wereThere.includes(false)) await finished.forget(stage);
          await this.#writeTensors(work, progress.add);
          await writeCompanions(path, plan.companions, this.#stageFolders);
          // The disk goes on writing while what was written is read again, from memory mostly.
          const flushing = finished.flush();
          flushing.catch(() => undefined);
          try {
            if (stage < stages.length - 1) continue;
            this.#sources.check();
            return verify ? await this.#verify(work) : [];
          } finally {
            await flushing;
          }
        } catch (error) {
          // Before the files are closed: descriptors are given to the next file that is opened.
          await threads.close();
          throw error;
        } finally {
          await output.close();
        }
      }
      return [];
    } finally {
      await threads.close();
    }
  }

  async #writeTensors(work: StageWork, onRead: (bytes: number) => void): Promise<void> {
    const { stage, output, finished, threads } = work;
    const tasks = tasksOf('write', work).filter(
      ({ index }) => finished.checksum({ stage, tensor: index }) === undefined,
    );
    const { flush = true } = this.#params;
    finished.useFiles(flush ? (files) => output.sync(files) : () => Promise.resolve());
    try {
      await threads.run({
        tasks,
        signal: this.#context.signal,
        onRead,
        onDone: ({ index, tensor }, { checksum }) => {
          this.#sources.check();
          finished.add({ stage, tensor: index, checksum, bytes: tensor.bytes, file: tensor.place.file });
        },
      });
    } catch (error) {
      // What was written before a failure counts when the run goes on.
      await finished.flush().catch(() => undefined);
      throw error;
    }
  }

  /** Reads the output again. @throws AlidadeError `weights` where it is not what was computed. */
  async #verify(work: StageWork): Promise<readonly NonFiniteTensor[]> {
    const { stage, tensors, finished, threads } = work;
    const found: (NonFiniteTensor & { readonly index: number })[] = [];
    const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    await threads.run({
      tasks: tasksOf('check', work),
      signal: this.#context.signal,
      onRead: new ByteProgress('Checking what was written', bytes, this.#context.progress).add,
      onDone: ({ index, tensor: { name }, target }, { checksum, nonFinite }) => {
        if (checksum !== finished.checksum({ stage, tensor: index })) throw differs(target.path, name);
        if (nonFinite !== null) found.push({ index, tensor: name, ...nonFinite });
      },
    });
    return found.sort((a, b) => a.index - b.index).map(({ index: _index, ...tensor }) => tensor);
  }

  /** Leaves what a run can go on with, and says so; removes the rest. */
  async #giveUp(failure: unknown, folder: MergeFolder, finished: FinishedTensors | null): Promise<unknown> {
    const isCancelled = this.#context.signal.aborted;
    const error = isCancelled
      ? new AlidadeError({ code: 'cancelled', message: 'cancelled', cause: failure })
      : (this.#changeOfSources() ?? failure);
    const isUseless = error instanceof AlidadeError && error.code === 'weights';
    // Without a journal of its own, it is another run's work that is there.
    const isKept = finished === null ? await isThere(folder.journal) : 0 < finished.count;
    if (isUseless || !isKept) {
      await folder.discard();
      return error;
    }
    await folder.leave();
    if (finished === null || !(error instanceof AlidadeError)) return error;
    const { code, message, cause } = error;
    const goesOn = `${countOf(finished.count, 'tensor')} are kept: the same command with --resume goes on after them`;
    const hint = [error.hint, goesOn].filter((part) => part !== undefined).join('; ');
    return new AlidadeError({ code, message, hint, cause });
  }

  /** Where a source has changed, that is why anything else failed. */
  #changeOfSources(): AlidadeError | null {
    try {
      this.#sources.check();
      return null;
    } catch (error) {
      return error instanceof AlidadeError && error.code === 'weights' ? error : null;
    }
  }
}

interface StageWork {
  readonly stage: number;
  readonly plan: MergePlan;
  /** With absolute paths. */
  readonly tensors: readonly PlannedTensor[];
  readonly output: OutputFiles;
  readonly finished: FinishedTensors;
  readonly threads: MergeThreads;
}

function tasksOf(kind: MergeTask['kind'], { tensors, output, plan }: StageWork): readonly MergeTask[] {
  const { arithmetic, seed } = plan;
  return tensors.map((tensor, index) => {
    const target = output.files[tensor.place.file];
    return { kind, tensor, index, target, settings: { arithmetic, seed } };
  });
}

async function writeCompanions(
  folder: string,
  companions: readonly PlannedCompanion[],
  stageFolders: ReadonlyMap<string, string>,
): Promise<void> {
  for (const companion of companions) {
    const path = join(folder, companion.name);
    try {
      if (companion.kind === 'text') await writeFile(path, companion.text);
      else if (companion.kind === 'tokenizer') await writeFile(path, await readTokenizerCompanion(companion));
      else await copyFile(locateCompanion(companion.from, stageFolders), path);
      await flushFile(path);
    } catch (error) {
      throw describeFileError(error, path);
    }
  }
}

/** Of an earlier stage: the name of that, and of the file. */
function locateCompanion(from: string, stageFolders: ReadonlyMap<string, string>): string {
  if (isAbsolute(from)) return from;
  return join(stageFolders.get(dirname(from)) ?? dirname(from), basename(from));
}

/** Whether a folder is what the plan makes, from the headers of its weights and the texts beside them. */
async function isComplete(target: string, stages: readonly MergePlan[]): Promise<boolean> {
  const { files, companions } = last(stages);
  try {
    for (const { name, header, bytes } of files) {
      const handle = await open(join(target, name));
      try {
        const found = Buffer.alloc(header.length);
        await handle.read(found, 0, found.length, 0);
        if ((await handle.stat()).size !== bytes || !found.equals(header)) return false;
      } finally {
        await handle.close();
      }
    }
    for (const companion of companions) {
      const path = join(target, companion.name);
      if (companion.kind !== 'text') await stat(path);
      else if ((await readFile(path, 'utf8')) !== companion.text) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function differs(path: string, tensor: string): AlidadeError {
  return new AlidadeError({
    code: 'weights',
    message: `${path}, tensor ${tensor}: what was read again is not what was written`,
    hint: 'the disk or the memory may be at fault: begin again, and check them if it happens again',
  });
}

function last(stages: readonly MergePlan[]): MergePlan {
  const stage = stages.at(-1);
  if (stage === undefined) throw new AlidadeError({ code: 'recipe', message: 'the recipe has no merge' });
  return stage;
}
