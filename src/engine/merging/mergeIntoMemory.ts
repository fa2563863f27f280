import { AlidadeError } from '../../core/alidadeError';
import { decodeValues } from '../../core/checkpoint/decodeTensor';
import type { MergePlan, PlannedSource, PlannedTensor } from '../../core/merging/plan/mergePlan';
import { dtypeBytes } from '../../core/merging/methods/mergeKernels';
import type { MergeKernels } from '../../core/merging/methods/mergeKernels';
import { mergeTensor } from '../../core/merging/methods/mergeTensor';
import { readDtypeOf, tensorMergeOf } from '../../core/merging/plan/tensorMergeOf';
import { gatherRows, type ValueReader } from './gatherRows';
import { SourceReader } from './sourceReader';

export interface MemoryMerge {
  /** Of a recipe, in order. */
  readonly stages: readonly MergePlan[];
  readonly kernels: MergeKernels;
  /** Gives the descriptor of a file that is open for reading. */
  readonly open: (path: string) => number;
}

/**
 * Merges a tensor of the last stage and gives its values to `take`, range by range, in the dtype of the output. What
 * earlier stages have to do with it is merged first, and held meanwhile. Yields the number of values after each chunk.
 * @throws FormatError and errors of the system from reading.
 */
export function mergeIntoMemory(
  tensor: PlannedTensor,
  take: (start: number, bytes: Uint8Array) => void,
  parts: MemoryMerge,
): Generator<number, void> {
  return mergeOf(tensor, parts.stages.length - 1, take, parts);
}

/** For `take`: values of that dtype as F32. */
export function widenInto(values: Float32Array, dtype: string): (start: number, bytes: Uint8Array) => void {
  const size = values.length === 0 ? 1 : elementBytes(dtype);
  return (start, bytes) => {
    decodeValues({ bytes, dtype }, values.subarray(start, start + bytes.length / size));
  };
}

function* mergeOf(
  tensor: PlannedTensor,
  stage: number,
  take: (start: number, bytes: Uint8Array) => void,
  parts: MemoryMerge,
): Generator<number, void> {
  const plan = parts.stages[stage];
  const task = tensorMergeOf(tensor, plan);
  const stored: ValueReader[] = [];
  for (const source of tensor.sources) stored.push(yield* openReader(source, stage, parts));
  const dtypes = tensor.sources.map((source) => readDtypeOf(source, plan.arithmetic));
  const readers = gatherRows(stored, tensor.sources, dtypes);
  if (task === null) {
    // Copied as it is: masks, and what only one model has.
    const bytes = new Uint8Array(tensor.bytes);
    readers[0].read(0, bytes);
    take(0, bytes);
    yield tensor.shape.reduce((product, size) => product * size, 1);
    return;
  }
  const io = {
    read: (input: number, start: number, into: Uint8Array): void => readers[input].read(start, into),
    write: take,
  };
  yield* mergeTensor(task, io, parts.kernels);
}

function* openReader(source: PlannedSource, stage: number, parts: MemoryMerge): Generator<number, ValueReader> {
  const plan = parts.stages[stage];
  const model = plan.models[source.model];
  const dtype = readDtypeOf(source, plan.arithmetic);
  if (model.fingerprint !== null) return new SourceReader(source, dtype, parts.open);
  const before = parts.stages.findIndex(({ name }) => name === model.path);
  const { storedName = source.tensor.name } = source.tensor;
  const tensor = parts.stages[before]?.tensors.find(({ name }) => name === storedName);
  if (tensor === undefined || stage <= before) {
    throw new AlidadeError({ code: 'recipe', message: `${model.path} has no ${storedName}` });
  }
  const bytes = new Uint8Array(tensor.bytes);
  const size = elementBytes(tensor.dtype);
  yield* mergeOf(tensor, before, (start, part) => bytes.set(part, start * size), parts);
  return readerOfBytes(bytes, dtypeBytes[dtype]);
}

/** A tensor in memory. */
function readerOfBytes(bytes: Uint8Array, size: number): ValueReader {
  return { read: (start, into) => into.set(bytes.subarray(start * size, start * size + into.length)) };
}

function elementBytes(dtype: string): number {
  return dtype === 'F32' ? 4 : 2;
}
