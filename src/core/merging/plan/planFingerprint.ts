import { sha256 } from '../../sha256';
import type { MergePlan } from './mergePlan';

type Planned = Omit<MergePlan, 'fingerprint' | 'companions'>;

/**
 * Of everything that decides the bytes of the output.
 * @param sources fingerprints of the models.
 */
export function fingerprintOf({ tensors, files, arithmetic, seed }: Planned, sources: readonly string[]): string {
  // Tables share the maps of their rows.
  const known = new Map<object, string>();
  const hashOf = (list: Uint8Array | Int32Array): string => {
    const hash = known.get(list) ?? sha256(new Uint8Array(list.buffer, list.byteOffset, list.byteLength));
    known.set(list, hash);
    return hash;
  };
  const text = JSON.stringify({ arithmetic, seed, sources, tensors, files }, (_key, value: unknown) => {
    return value instanceof Uint8Array || value instanceof Int32Array ? hashOf(value) : value;
  });
  return sha256(text);
}
