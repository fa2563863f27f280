import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { decodableDtypes, isDecodableDtype } from '../../core/checkpoint/decodeTensor';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { chooseWeightFormat } from '../../core/quantisation/weightFormat';
import type { WeightDtype, WeightFormat } from '../../core/quantisation/weightFormat';
import { layOutWeightFile, WEIGHT_FILE_VERSION } from '../../core/quantisation/weightFile';
import { cacheFolder } from '../checkpoint/cacheFolder';
import { findCachedWeights, readCachedWeights } from './cachedWeights';
import type { CachedWeight } from './cachedWeights';
import { convertWeights } from './convertWeights';
import type { PlannedWeight } from './convertWeights';
import type { StoredWeight, WeightRole } from './storedWeight';
import { ensureCachedFile } from './weightCache';

export interface WantedWeight {
  readonly name: string;
  readonly role: WeightRole;
}

export interface WeightsToPrepare {
  readonly checkpoint: Checkpoint;
  readonly wanted: readonly WantedWeight[];
  readonly dtype: WeightDtype;
  /** By what the weights of a layer are multiplied, input by input, when they are stored in channels (`smoothing.ts`). */
  readonly smoothing?: ReadonlyMap<string, Float32Array> | undefined;
}

export interface PreparedWeights {
  /** By name, each that was wanted. */
  readonly weights: Map<string, StoredWeight>;
  /** Root mean square error relative to the weights, averaged over all that are wanted; null: nothing was lost. */
  readonly loss: number | null;
}

/**
 * The wanted tensors in the formats that the dtype asks for. What can be used where it lies stays in the checkpoint's
 * own file; the rest is converted once into a safetensors file under the cache folder, named by the checkpoint's
 * fingerprint and the dtype. What an earlier file has is not converted again.
 * @throws AlidadeError `weights` when a tensor is not there or has a value that cannot be stored, `unsupported` for a
 * tensor of a kind that cannot be read, `no_space`, `permission`, `cancelled`.
 */
export async function prepareWeights(
  { checkpoint, wanted, dtype, smoothing }: WeightsToPrepare,
  context: JobContext,
): Promise<PreparedWeights> {
  const planned = wanted.map(({ name, role }): PlannedWeight => {
    const entry = findTensor(checkpoint, name);
    const format = chooseWeightFormat(entry, role, dtype);
    const inputFactors = format.kind === 'channels' ? (smoothing?.get(name) ?? null) : null;
    return { entry, format, isTransposed: role === 'conv1d' && format.kind !== 'dense', inputFactors };
  });
  const found = new Map<string, CachedWeight>();
  for (const { entry, format } of planned.filter(isMappable)) {
    found.set(entry.name, { weight: await mappedWeight(entry, format), format, loss: null });
  }
  const folder = join(cacheFolder(), 'weights');
  // The factors follow from the checkpoint alone: their presence says enough.
  const kind = smoothing === undefined ? dtype : `${dtype}s`;
  const prefix = `${checkpoint.fingerprint.slice(0, 32)}-${kind}-`;
  const converted = planned.filter((plan) => !isMappable(plan));
  for (const [name, cached] of await findCachedWeights({ folder, prefix, wanted: converted })) found.set(name, cached);
  const missing = converted.filter(({ entry }) => !found.has(entry.name));
  if (0 < missing.length) {
    const path = join(folder, `${prefix}${planHash(missing)}.safetensors`);
    const layout = layOutWeightFile(
      missing.map(({ entry: { name, shape }, format, isTransposed }) => ({
        name,
        shape: isTransposed ? shape.toReversed() : shape,
        format,
      })),
    );
    const write = async (file: Parameters<typeof convertWeights>[0]['file']): Promise<void> =>
      convertWeights({ planned: missing, layout, file, dtype }, context);
    await ensureCachedFile({ path, bytes: layout.totalBytes, write }, context);
    for (const [name, cached] of await readCachedWeights(path)) found.set(name, cached);
  }
  return {
    weights: new Map(planned.map(({ entry }) => [entry.name, (found.get(entry.name) as CachedWeight).weight])),
    loss: meanLoss(planned, found),
  };
}

function findTensor(checkpoint: Checkpoint, name: string): TensorEntry {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined) {
    throw new AlidadeError({
      code: 'weights',
      message: `${checkpoint.path}: the tensor ${name} is missing`,
      hint: 'fetch or copy the checkpoint again',
    });
  }
  if (!isDecodableDtype(entry.dtype)) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${entry.file}, tensor ${name}: weights of the kind ${entry.dtype} cannot be read`,
      hint: `supported: ${decodableDtypes()}`,
    });
  }
  return entry;
}

/** Can be used where it lies: in the wanted type, at an address that such numbers may have, rows in order. */
function isMappable({ entry, format }: PlannedWeight): boolean {
  if (entry.adapter !== undefined) return false;
  if (format.kind !== 'dense' || entry.interleavedHeads !== undefined || entry.offset % 4 !== 0) return false;
  return entry.dtype === (format.type === 'float32' ? 'F32' : 'F16');
}

async function mappedWeight({ file, offset, bytes, shape }: TensorEntry, format: WeightFormat): Promise<StoredWeight> {
  const dtype = format.kind === 'dense' ? format.type : 'float32';
  return { kind: 'dense', values: { file: await realpath(file), offset, length: bytes, shape, dtype } };
}

/** Stands for what a file holds: the same weights in the same formats, made in the same way. */
function planHash(planned: readonly PlannedWeight[]): string {
  const plan = planned.map(({ entry, format }) => [entry.name, format]);
  return createHash('sha256')
    .update(JSON.stringify([WEIGHT_FILE_VERSION, plan]))
    .digest('hex')
    .slice(0, 12);
}

function meanLoss(planned: readonly PlannedWeight[], found: ReadonlyMap<string, CachedWeight>): number | null {
  let sum = 0;
  let weights = 0;
  for (const { entry } of planned) {
    const elements = entry.shape.reduce((product, size) => product * size, 1);
    sum += elements * (found.get(entry.name)?.loss ?? 0);
    weights += elements;
  }
  return sum === 0 ? null : sum / weights;
}
