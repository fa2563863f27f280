import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { env } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';
import { writeHeadFile } from '../../core/checkpoint/writeHeadFile';
import { countOf } from '../../core/describeQuantity';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { RunKey } from '../../core/journal';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { assembleHead, type TrainedHead } from '../../core/training/assembleHead';
import { writeModelCard } from '../../core/training/card/writeModelCard';
import type { TrainingData } from '../../core/training/data/trainingData';
import { readTrainedReport } from '../../core/training/readTrainedReport';
import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import type { DataReport, TrainingReport, TrainingState } from '../../core/training/trainingReport';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { isThere, partOf } from '../workFolder';
import { featuresStage } from './featuresStage';
import { openFeatureSource, type FeatureSource } from './featureSource';
import { folderOfModel, isPortable } from './folderOfModel';
import { readTrainingData } from './readTrainingData';
import { existsAlready, TrainingFolder, type TrainingOutput } from './trainingFolder';
import { trainObjectives } from './trainObjectives';
import { TrainingStatus } from './trainingStatus';

export interface TrainHeadParams {
  readonly recipe: HeadRecipe;
  /** Absolute; relative data files and models are taken from each in turn. */
  readonly folders: readonly string[];
  /** Absolute path of the head file, which appears when it is complete. */
  readonly output: string;
  /** Absolute path of the model card; default: beside the head. */
  readonly card?: string | undefined;
  /** Go on where an interrupted run into the same file stopped, if there is one. */
  readonly resume: boolean;
  /** Files that are there are replaced at the end. */
  readonly force: boolean;
  /** Where features are kept; default: in the cache of this machine. */
  readonly features?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
  /** Of the program: another one does not go on with a run. */
  readonly version: string;
  /** Told after every change. */
  readonly onState?: ((state: TrainingState) => void) | undefined;
  /** Of a gate's training that a kill may cost; default 20. */
  readonly checkpointSeconds?: number | undefined;
}

/**
 * Trains what a recipe describes: reads the data, makes the features of their texts, fits, checks, and writes the head file
 * with its card, complete or not at all. What is finished of an interrupted run is kept beside the head, and a resumed run
 * gives the same bytes.
 * @throws AlidadeError `exists` (the output, another run, or an interrupted one that was begun with something else), `row`
 * and `recipe` (data that nothing can be learnt from), `not_found`, `weights`, `gate_not_found`, `no_space`, `permission`,
 * `cancelled`.
 */
export async function trainHead(params: TrainHeadParams, context: JobContext): Promise<TrainingReport> {
  const { recipe, folders, resume, force, version } = params;
  const output: TrainingOutput = { head: params.output, card: params.card ?? cardOf(params.output) };
  if (output.card === output.head) throw sameFile(output.head);
  for (const path of [output.head, output.card]) {
    await refuseFolder(path);
    if (!resume && !force && (await isThere(path))) throw existsAlready(path);
  }
  const versions = { Alidade: version, 'ONNX Runtime': env.versions.node ?? env.versions.common };
  const status = new TrainingStatus({ recipe, versions, onState: params.onState });
  const data = await status.during('data', () => readTrainingData({ recipe, folders }, context));
  status.update({ data: data.data });
  status.warn(data.warnings);
  if (resume && !(await isThere(partOf(output.head)))) {
    const made = await readMade(output.head, recipe, data.data);
    if (made !== null) {
      context.logger.info(`${output.head} is complete: there is nothing to resume`);
      return made;
    }
  }
  const folder = await TrainingFolder.claim(output, context.signal);
  try {
    return await new TrainingRun({ params, data, status, folder }).run(context);
  } catch (error) {
    throw await giveUp(error, { folder, status }, context);
  }
}

interface TrainingRunParams {
  readonly params: TrainHeadParams;
  readonly data: TrainingData;
  readonly status: TrainingStatus;
  readonly folder: TrainingFolder;
}

class TrainingRun {
  readonly #parts: TrainingRunParams;

  constructor(parts: TrainingRunParams) {
    this.#parts = parts;
  }

  async run(context: JobContext): Promise<TrainingReport> {
    const { params, status, folder } = this.#parts;
    const { recipe, folders, resume, force, device, dtype, threads } = params;
    const cwd = await folderOfModel(recipe.model, folders);
    const { pooling, gate, maxTokens } = recipe;
    const places = [pooling.kind, ...(gate === null ? [] : (['gate'] as const))];
    const source = await openFeatureSource(
      {
        reference: recipe.model,
        cwd,
        spec: { layer: pooling.layer, places },
        maxTokens,
        folder: params.features,
        device,
        dtype,
        threads,
      },
      context,
    );
    try {
      const { name, hash, hiddenSize } = source.body;
      status.update({ model: { name, hash, hiddenSize } });
      await folder.begin({ key: this.#keyOf(source), resume, force }, context.logger);
      const head = await this.#train(source, context);
      throwIfCancelled(context.signal);
      return await status.during('head', () => this.#write(source, head));
    } finally {
      await source.release();
    }
  }

  async #train(source: FeatureSource, context: JobContext): Promise<TrainedHead> {
    const { params, data, status, folder } = this.#parts;
    const { recipe, folders, device, dtype, threads, checkpointSeconds = 20 } = params;
    const found = await status.during('features', () => featuresStage({ source, recipe, data, status }, context));
    return trainObjectives(
      { recipe, data, ...found, folder, status, device, dtype, threads, folders, checkpointSeconds },
      source.gateText,
      context,
    );
  }

  async #write(source: FeatureSource, head: TrainedHead): Promise<TrainingReport> {
    const { params, status, folder } = this.#parts;
    const { recipe, folders, force } = params;
    const { report } = status;
    const { name, hash, hiddenSize } = source.body;
    const reference = (await isPortable(recipe.model, folders)) ? { reference: recipe.model } : {};
    const maxTokens = recipe.maxTokens === null ? {} : { maxTokens: recipe.maxTokens };
    const body = { name, hiddenSize, hash, ...reference, ...maxTokens };
    const file = assembleHead({ recipe, recipeHash: hashOfRecipe(recipe), body, head, report });
    const card = writeModelCard({ recipe, report, head: file.metadata });
    await folder.putInPlace({ head: writeHeadFile(file), card }, force);
    return report;
  }

  #keyOf({ body }: FeatureSource): RunKey {
    const { params, data, status } = this.#parts;
    return {
      'the recipe': hashOfRecipe(params.recipe),
      'the data': hashOf(data.data),
      'the model': body.hash,
      'the device or number format': `${params.device} ${params.dtype}`,
      ...status.report.versions,
    };
  }
}

/** Leaves what a run can go on with, and says so; removes the rest. */
async function giveUp(
  failure: unknown,
  { folder, status }: Pick<TrainingRunParams, 'folder' | 'status'>,
  { signal }: JobContext,
): Promise<unknown> {
  const error = signal.aborted
    ? new AlidadeError({ code: 'cancelled', message: 'cancelled', cause: failure })
    : failure;
  const { steps } = folder;
  if (await folder.holdsWork()) await folder.leave();
  else await folder.discard();
  if (!(error instanceof AlidadeError)) return error;
  const goesOn =
    0 < steps
      ? `${countOf(steps, 'step')} ${steps === 1 ? 'is' : 'are'} kept: the same command with --resume goes on after them`
      : status.hasBegun('features')
        ? 'features that were made are kept: the same command does not make them again'
        : undefined;
  const hints = [error.hint, goesOn].filter((part) => part !== undefined);
  const { code, message, cause } = error;
  return new AlidadeError({ code, message, hint: hints.length === 0 ? undefined : hints.join('; '), cause });
}

/** What a head file says of its training, where it was made by this recipe from these data. */
async function readMade(path: string, recipe: HeadRecipe, data: readonly DataReport[]): Promise<TrainingReport | null> {
  if (!(await isThere(path))) return null;
  const file = await loadHeadFile(path).catch(() => null);
  const made = file === null ? null : readTrainedReport(file.metadata);
  const files = (sets: readonly DataReport[]): string => JSON.stringify(sets.map((set) => set.files));
  if (made?.recipeHash !== hashOfRecipe(recipe) || files(made.report.data) !== files(data)) return null;
  return made.report;
}

function hashOfRecipe(recipe: HeadRecipe): string {
  return hashOf(recipe);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** `name.md` beside `name.safetensors`. */
export function cardOf(head: string): string {
  return `${head.slice(0, head.length - extname(head).length)}.md`;
}

/** @throws AlidadeError `exists` */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() !== true) return;
  throw new AlidadeError({ code: 'exists', message: `${path} is a folder`, hint: 'name a file in it' });
}

function sameFile(path: string): AlidadeError {
  return new AlidadeError({
    code: 'usage',
    message: `${path} is to be both the head file and its card`,
    hint: 'name the head file with .safetensors, or the card with --card',
  });
}
