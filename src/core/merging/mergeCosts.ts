import type { MergeMethod } from './mergeMethod';
import type { PlannedTensor } from './mergePlan';

/** How often a method reads its inputs: norms and thresholds need a pass of their own. */
const passes: Partial<Readonly<Record<MergeMethod | 'copy', number>>> = {
  slerp: 2,
  nuslerp: 2,
  multislerp: 3,
  karcher: 12,
  ties: 2,
  breadcrumbs: 2,
  breadcrumbs_ties: 2,
  model_stock: 2,
  sce: 3,
  arcee_fusion: 3,
};

/** Bytes that are read from the sources. */
export function readBytesOf(tensors: readonly Pick<PlannedTensor, 'method' | 'sources'>[]): number {
  let bytes = 0;
  for (const { method, sources } of tensors) {
    for (const { tensor } of sources) bytes += (passes[method] ?? 1) * tensor.bytes;
  }
  return bytes;
}

const processBytes = 70e6;
const chunkBytes = 1 << 20;
const threads = 2;

/** Memory of the writer at most, bytes: the process itself, and chunks of every input for each thread. */
export function peakMemory(tensors: readonly Pick<PlannedTensor, 'sources'>[]): number {
  const inputs = tensors.reduce((most, { sources }) => Math.max(most, sources.length), 0);
  return processBytes + threads * (8e6 + (inputs + 1) * chunkBytes);
}
