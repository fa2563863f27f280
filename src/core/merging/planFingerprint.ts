import { sha256 } from '../sha256';
import type { MergePlan } from './mergePlan';

type Planned = Omit<MergePlan, 'fingerprint' | 'companions'>;

/**
 * Of everything that decides the bytes of the output.
 * @param sources fingerprints of the models.
 */
export function fingerprintOf({ tensors, files, arithmetic, seed }: Planned, sources: readonly string[]): string {
  const text = JSON.stringify({ arithmetic, seed, sources, tensors, files }, (_key, value: unknown) => {
    if (value instanceof Uint8Array || value instanceof Int32Array) {
      return sha256(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    return value;
  });
  return sha256(text);
}
