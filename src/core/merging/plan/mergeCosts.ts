import type { MergePlan, PlannedTensor } from './mergePlan';
import { passesOf } from '../methods/mergeTensor';
import { tensorMergeOf, type MergeSettings } from './tensorMergeOf';

/** Bytes that are read from the sources, each pass of a method counted. */
export function readBytesOf(tensors: readonly PlannedTensor[], settings: MergeSettings): number {
  let bytes = 0;
  for (const tensor of tensors) {
    const task = tensorMergeOf(tensor, settings);
    const passes = task === null ? 1 : passesOf(task);
    for (const source of tensor.sources) bytes += passes * source.tensor.bytes;
  }
  return bytes;
}

/**
 * Measured on Node 20 with `alidade merge run`, and some more: the process with its plan and what is not collected yet (most
 * with methods that have thresholds), and a thread (V8, code, WASM).
 */
const processBytes = 118e6;
const threadBytes = 10.5e6;
/** Of an input or of the output, in each thread. */
const chunkBytes = 1 << 19;
/** Threads that a merge takes where it is not told, at most. */
export const mostMergeThreads = 2;

/** Memory of the writer at most, bytes: the process itself, and chunks of every input for each thread. */
export function peakMemory(tensors: readonly Pick<PlannedTensor, 'sources'>[], threads = mostMergeThreads): number {
  const inputs = tensors.reduce((most, { sources }) => Math.max(most, sources.length), 0);
  return processBytes + threads * (threadBytes + (inputs + 1) * chunkBytes);
}

/** Bytes a second that a disk of today reads or writes beside other work. */
const bytesPerSecond = 500e6;

/** About how long writing it takes, in seconds: bound by what is read and written, and read once more to verify. */
export function estimateSeconds({ readBytes, bytes }: Pick<MergePlan, 'readBytes' | 'bytes'>): number {
  return (readBytes + 2 * bytes) / bytesPerSecond;
}
