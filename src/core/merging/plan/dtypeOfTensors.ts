import { storedMergeDtypes, type MergeDtype } from '../methods/mergeMethod';
import type { PlannedTensor } from './mergePlan';

type Tensor = Omit<PlannedTensor, 'place'>;

/** The number format that most bytes are in. */
export function knownDtype(tensors: readonly Tensor[], of: (tensor: Tensor) => string): MergeDtype {
  const bytes = new Map<string, number>();
  for (const tensor of tensors) bytes.set(of(tensor), (bytes.get(of(tensor)) ?? 0) + tensor.bytes);
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  if (most?.[0] === storedMergeDtypes.float16) return 'float16';
  return most?.[0] === storedMergeDtypes.bfloat16 ? 'bfloat16' : 'float32';
}
