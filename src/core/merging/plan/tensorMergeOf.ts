import type { MergePlan, PlannedSource, PlannedTensor } from './mergePlan';
import type { FloatDtype, TensorMerge } from '../methods/tensorMerge';

/** What of a plan decides how its tensors are merged. */
export type MergeSettings = Pick<MergePlan, 'arithmetic' | 'seed'>;

/** What the methods have to know of a planned tensor; null: it is copied byte by byte. */
export function tensorMergeOf(tensor: PlannedTensor, { arithmetic, seed }: MergeSettings): TensorMerge | null {
  const { name, method, shape, sources, base, parameters } = tensor;
  if (method === 'copy') return null;
  return {
    name,
    method,
    shape,
    inputs: sources.map((source) => ({ dtype: readDtypeOf(source, arithmetic), parameters: source.parameters })),
    base,
    parameters,
    outputDtype: floatDtype(tensor.dtype),
    arithmetic,
    workingDtype: floatDtype(tensor.workingDtype),
    seed,
  };
}

/**
 * The format in which the values of a source are given to a method: as they are stored, as long as that is a format that
 * methods know. With an adapter they are F32, because they have been computed, but for mergekit's arithmetic: mergekit
 * writes the adapted model in the base's format first.
 */
export function readDtypeOf({ tensor, rows }: PlannedSource, arithmetic: MergePlan['arithmetic']): FloatDtype {
  if (rows?.isMixed === true) return 'F32';
  const isComputed = tensor.adapter !== undefined && arithmetic === 'exact';
  return isComputed ? 'F32' : floatDtype(tensor.dtype);
}

function floatDtype(dtype: string): FloatDtype {
  return dtype === 'BF16' || dtype === 'F16' ? dtype : 'F32';
}
