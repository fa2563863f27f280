import { createHash } from 'node:crypto';
import { freemem } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AlidadeError } from '../../core/alidadeError';
import { countElements } from '../../core/checkpoint/countElements';
import { describeBytes } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import type { MergePlan, PlannedSource, PlannedTensor } from '../../core/merging/plan/mergePlan';
import { createMergeKernels } from '../../core/merging/methods/mergeKernels';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { LiveWeights } from '../onnx/liveWeights';
import { OpenFiles } from '../checkpoint/openFiles';
import { mergeIntoMemory, widenInto } from './mergeIntoMemory';

/** A merged tensor in memory. */
interface LiveTensor {
  readonly values: Float32Array;
  /** From what it was merged; null: it is being merged, or that failed half-way. */
  key: string | null;
}

/** What has been merged, and how long it took. */
export interface LiveMerging {
  readonly mergedTensors: number;
  readonly milliseconds: number;
}

/** Memory that is left to everything else, bytes. */
const SPARE_BYTES = 400e6;
/** Values that are merged between two looks at what has come in. */
const VALUES_AT_ONCE = 8e6;

/**
 * The merged tensors of a plan in F32, as far as they have been asked for: rounded to the dtype of the output first, so
 * that they are what the written file would give. With another plan only those are merged anew that come out differently.
 */
export class LiveTensors {
  readonly weights = new LiveWeights();
  readonly #tensors = new Map<string, LiveTensor>();
  readonly #kernels = createMergeKernels();
  readonly #freeBytes: () => number;
  #stages: readonly MergePlan[] = [];
  #planned: ReadonlyMap<string, PlannedTensor> = new Map();

  /** @param freeBytes how much memory may be taken. */
  constructor(freeBytes: () => number = freemem) {
    this.#freeBytes = freeBytes;
  }

  /** @param planned the tensors of the last stage, by the names by which they are asked for, with shapes as before. */
  setPlan(stages: readonly MergePlan[], planned: ReadonlyMap<string, PlannedTensor>): void {
    this.#stages = stages;
    this.#planned = planned;
  }

  /** Those among some tensors whose values in memory are not what the plan says. */
  stale(names: Iterable<string>): string[] {
    return [...names].filter((name) => this.#tensors.get(name)?.key !== this.#keyOf(this.#plannedOf(name)));
  }

  /** All that have been asked for. */
  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  /** Of all that have been merged. */
  get bytes(): number {
    return [...this.#tensors.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
  }

  /** Values of a tensor that is here, row-major; they change with the next merge. */
  values(name: string): Float32Array {
    const tensor = this.#tensors.get(name);
    if (tensor !== undefined) return tensor.values;
    throw new AlidadeError({ code: 'internal', message: `${name} has not been merged` });
  }

  /**
   * Merges those among some tensors that are not here as the plan has them.
   * @throws AlidadeError `no_space` when there is not enough memory, `cancelled`; what reading the sources throws.
   */
  async merge(names: Iterable<string>, context: JobContext): Promise<LiveMerging> {
    throwIfCancelled(context.signal);
    const started = performance.now();
    const wanted = this.stale(new Set(names));
    this.#makeRoom(wanted);
    const total = wanted.reduce((sum, name) => sum + this.#tensor(name).values.length, 0);
    const files = new OpenFiles();
    let [done, seen] = [0, 0];
    try {
      for (const name of wanted) {
        const planned = this.#plannedOf(name);
        const tensor = this.#tensor(name);
        tensor.key = null;
        const parts = { stages: this.#stages, kernels: this.#kernels, open: files.open };
        for (const count of mergeIntoMemory(planned, widenInto(tensor.values, planned.dtype), parts)) {
          done += count;
          if (done - seen < VALUES_AT_ONCE) continue;
          seen = done;
          context.progress({ message: 'Merging in memory', done: 4 * done, total: 4 * total, unit: 'bytes' });
          await nextTurn(); // lets a cancellation in
          throwIfCancelled(context.signal);
        }
        tensor.key = this.#keyOf(planned);
      }
    } finally {
      files.close();
    }
    return { mergedTensors: wanted.length, milliseconds: performance.now() - started };
  }

  /** Frees all tensors. */
  clear(): void {
    this.#tensors.clear();
    this.weights.clear();
  }

  /** @throws AlidadeError `no_space` */
  #makeRoom(names: readonly string[]): void {
    const added = names.filter((name) => !this.#tensors.has(name));
    const needed = added.reduce((sum, name) => sum + 4 * valuesOf(this.#plannedOf(name)), 0);
    const free = this.#freeBytes();
    if (0 < needed && free < needed + SPARE_BYTES) {
      throw new AlidadeError({
        code: 'no_space',
        message: `not enough memory to run the merge without writing it: its weights take ${describeBytes(needed)} more in F32, ${describeBytes(free)} are free`,
        hint: 'close other programs, or write the merge and run it with --dtype int4',
      });
    }
    for (const name of added) {
      const planned = this.#plannedOf(name);
      const values = new Float32Array(valuesOf(planned));
      this.#tensors.set(name, { values, key: null });
      this.weights.set(name, planned.shape, values);
    }
  }

  #tensor(name: string): LiveTensor {
    return this.#tensors.get(name) as LiveTensor;
  }

  #plannedOf(name: string): PlannedTensor {
    const planned = this.#planned.get(name);
    if (planned !== undefined) return planned;
    throw new AlidadeError({ code: 'weights', message: `the merge has no ${name}` });
  }

  /** Everything that its values depend on. */
  #keyOf(tensor: PlannedTensor): string {
    return keyIn(tensor, this.#stages.length - 1, this.#stages);
  }
}

function keyIn(tensor: PlannedTensor, stage: number, stages: readonly MergePlan[]): string {
  const { arithmetic, seed, models } = stages[stage];
  const { name, method, dtype, workingDtype, base, parameters, shape } = tensor;
  const sources = tensor.sources.map((source) => {
    const model = models[source.model];
    return [source.tensor, source.parameters, rowsKey(source), model.fingerprint ?? earlierKey(model.path, source)];
  });
  return JSON.stringify([name, method, dtype, workingDtype, base, parameters, shape, arithmetic, seed, sources]);

  function earlierKey(stageName: string, { tensor: { name: own, storedName = own } }: PlannedSource): string {
    const before = stages.findIndex((candidate) => candidate.name === stageName);
    const found =
      before < stage ? stages[before]?.tensors.find((candidate) => candidate.name === storedName) : undefined;
    return found === undefined ? '' : keyIn(found, before, stages);
  }
}

function rowsKey({ rows }: PlannedSource): string | null {
  if (rows === null) return null;
  const hash = createHash('sha256').update(JSON.stringify([rows.averages, rows.tokens, rows.isMixed]));
  for (const list of [rows.rows, ...(rows.owners === null ? [] : [rows.owners])]) {
    hash.update(new Uint8Array(list.buffer, list.byteOffset, list.byteLength));
  }
  return hash.digest('hex');
}

function valuesOf({ shape }: PlannedTensor): number {
  return countElements(shape) ?? 0;
}
