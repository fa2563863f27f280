import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { createAffineQuantiser } from '../../core/quantisation/quantiseAffine4';
import { addLoss, relativeLoss } from '../../core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../core/quantisation/quantisationLoss';
import type { WeightFileLayout } from '../../core/quantisation/weightFile';
import type { WeightDtype, WeightFormat } from '../../core/quantisation/weightFormat';
import { OpenFiles } from '../checkpoint/openFiles';
import { runHere } from '../threads/runHere';
import type { WorkHere } from '../threads/runHere';
import { runInWorkers } from '../threads/workerPool';
import { runTask, splitIntoTasks } from './conversionTask';
import type { ConversionTask, ConversionThread } from './conversionTask';

/** A tensor and the format that it is to have. */
export interface PlannedWeight {
  readonly entry: TensorEntry;
  readonly format: WeightFormat;
  /** Stored as [inputs, outputs], wanted as [outputs, inputs]. */
  readonly isTransposed: boolean;
  /** By what the weights are multiplied first, input by input; null: nothing. */
  readonly inputFactors: Float32Array | null;
}

export interface WeightsToConvert {
  readonly planned: readonly PlannedWeight[];
  readonly layout: WeightFileLayout;
  readonly file: FileHandle;
  readonly dtype: WeightDtype;
  /**
   * The built weightWorker.ts, to be used however little there is to do; null: no threads. By default the one beside the
   * program that runs, where there is much to do.
   */
  readonly workerFile?: string | null;
}

/** Bytes of weights that are converted sooner than threads for them are started. */
const FEW_BYTES = 16e6;
/** More threads than this only wait for the disk. */
const MOST_WORKERS = 16;

/**
 * Fills a file of the weight cache, on all cores when there is much to do.
 * @throws AlidadeError `weights` for values that cannot be stored, `cancelled`; FormatError; errors of the file system.
 */
export async function convertWeights(
  { planned, layout, file, dtype, workerFile }: WeightsToConvert,
  context: JobContext,
): Promise<void> {
  const tasks = planned.flatMap((plan, weight) => splitIntoTasks({ ...plan, weight, parts: layout.parts[weight] }));
  // What cannot be cut comes first: at the end the other cores would wait for it.
  tasks.sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)) || (isWhole(a) ? b.entry.bytes - a.entry.bytes : 0));
  const total = planned.reduce((sum, { entry }) => sum + entry.bytes, 0);
  const losses = planned.map(() => ({ squaredError: 0, squaredSum: 0 }));
  const measured = new Set<number>();
  const started = performance.now();
  let done = 0;
  await file.truncate(layout.totalBytes);
  const work = {
    tasks,
    signal: context.signal,
    onRead: (bytes: number): void => {
      done += bytes;
      const perSecond = done / Math.max(1e-3, (performance.now() - started) / 1000);
      const message = `Converting weights to ${dtype}`;
      context.progress({ message, done, total, unit: 'bytes', perSecond, secondsLeft: (total - done) / perSecond });
    },
    onDone: ({ weight }: ConversionTask, loss: QuantisationLoss | null): void => {
      if (loss !== null) measured.add(weight);
      addLoss(losses[weight], loss);
    },
  };
  const threads = workerFile === undefined ? defaultWorkerFile(total) : workerFile;
  const thread: ConversionThread = { target: file.fd };
  if (threads === null) {
    await convertHere(work, thread);
  } else {
    const workers = Math.min(MOST_WORKERS, availableParallelism());
    await runInWorkers({ ...work, workerFile: threads, workerData: thread, workers });
  }
  const header = layout.header(losses.map((loss, weight) => (measured.has(weight) ? relativeLoss(loss) : null)));
  await file.write(header, 0, header.length, 0);
}

function defaultWorkerFile(bytes: number): string | null {
  const path = join(__dirname, 'weightWorker.js');
  return FEW_BYTES <= bytes && existsSync(path) ? path : null;
}

function isWhole({ parts, isTransposed }: ConversionTask): boolean {
  return isTransposed || parts.some((part) => part.outputsLast);
}

async function convertHere(
  work: Omit<WorkHere<ConversionTask, QuantisationLoss | null>, 'run'>,
  thread: ConversionThread,
): Promise<void> {
  const sources = new OpenFiles();
  const quantiseAffine4 = createAffineQuantiser();
  try {
    await runHere({ ...work, run: (task) => runTask(task, { ...thread, open: sources.open, quantiseAffine4 }) });
  } finally {
    sources.close();
  }
}
