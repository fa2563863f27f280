import type { GgufNames } from '../onnx/architectures/ggufNames';
import type { TensorEntry } from './tensorEntry';

export interface GgufNaming {
  readonly names: GgufNames;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
}

/**
 * The tensors of a GGUF file under the names of transformers; names that have no counterpart stay.
 * Queries and keys that convert_hf_to_gguf.py has permuted are marked as interleaved.
 */
export function mapGgufTensors(tensors: Iterable<TensorEntry>, naming: GgufNaming): Map<string, TensorEntry> {
  const mapped = new Map<string, TensorEntry>();
  for (const entry of tensors) {
    const name = mapName(entry.name, naming.names);
    const interleavedHeads = naming.names.isInterleaved ? rotatedHeads(entry.name, naming) : null;
    mapped.set(name, interleavedHeads === null ? { ...entry, name } : { ...entry, name, interleavedHeads });
  }
  return mapped;
}

function mapName(name: string, { whole, layers, layer }: GgufNames): string {
  const match = /^(?:blk\.(0|[1-9]\d{0,5})\.)?([a-z_]+)\.(weight|bias)$/.exec(name);
  if (match === null) return name;
  const [, index, part, suffix] = match as unknown as readonly [string, string | undefined, string, string];
  const names = index === undefined ? whole : layer;
  if (!Object.hasOwn(names, part)) return name;
  return index === undefined ? `${names[part]}.${suffix}` : `${layers}.${index}.${names[part]}.${suffix}`;
}

function rotatedHeads(name: string, { headCount, keyValueHeadCount }: GgufNaming): number | null {
  if (/^blk\.\d+\.attn_q\.(weight|bias)$/.test(name)) return headCount;
  if (/^blk\.\d+\.attn_k\.(weight|bias)$/.test(name)) return keyValueHeadCount;
  return null;
}
