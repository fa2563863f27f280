import { countElements } from './countElements';
import type { TensorEntry } from './tensorEntry';

export interface WeightSummary {
  readonly parameters: number;
  /** The dtype that holds most of the weights. */
  readonly dtype: string;
}

/** Counts the weights of a checkpoint. */
export function summariseWeights(tensors: Iterable<TensorEntry>): WeightSummary {
  const perDtype = new Map<string, number>();
  let parameters = 0;
  for (const { dtype, shape } of tensors) {
    const count = countElements(shape) ?? 0;
    parameters += count;
    perDtype.set(dtype, (perDtype.get(dtype) ?? 0) + count);
  }
  const [most] = [...perDtype].sort((a, b) => b[1] - a[1]);
  return { parameters, dtype: most?.[0] ?? 'F32' };
}
