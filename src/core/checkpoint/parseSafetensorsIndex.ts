import { FormatError } from '../formatError';
import { JsonCursor } from './jsonCursor';

/** `model.safetensors.index.json`: which shard holds which tensor. */
export interface SafetensorsIndex {
  /** Tensor name -> file name beside the index, in the order of the index. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** The distinct files, in order of first mention. */
  readonly files: readonly string[];
}

/** Bytes; the index of the largest checkpoints known has 10 MB. */
export const maximumIndexLength = 64_000_000;
const maximumEntries = 524_288;

/**
 * Reads an index. A path that could leave the index's folder is refused.
 * @throws FormatError
 */
export function parseSafetensorsIndex(text: string | Uint8Array, file: string): SafetensorsIndex {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  if (maximumIndexLength < bytes.length) throw new FormatError({ problem: `an index of ${bytes.length} bytes`, file });
  const cursor = new JsonCursor({ bytes, file });
  const weightMap = new Map<string, string>();
  // One string object a file, however many tensors it has.
  const files = new Map<string, string>();
  let hasWeightMap = false;
  cursor.readObject((key, keyOffset) => {
    if (key !== 'weight_map') {
      cursor.skipValue();
      return;
    }
    if (hasWeightMap) cursor.fail('weight_map occurs twice', keyOffset);
    hasWeightMap = true;
    cursor.readObject((tensor, offset) => {
      if (weightMap.has(tensor)) throw new FormatError({ problem: 'the name occurs twice', file, tensor, offset });
      if (weightMap.size >= maximumEntries) cursor.fail(`more than ${maximumEntries} tensors`, offset);
      const shard = cursor.readString();
      const known = files.get(shard);
      if (known === undefined) {
        const problem = whyPathLeavesFolder(shard);
        if (problem !== null) throw new FormatError({ problem, file, tensor, offset });
        files.set(shard, shard);
      }
      weightMap.set(tensor, known ?? shard);
    });
  });
  cursor.expectEnd();
  if (!hasWeightMap) throw new FormatError({ problem: 'no weight_map', file });
  return { weightMap, files: [...files.keys()] };
}

/**
 * What is wrong with a path that was read from a file, null when it surely stays inside its folder on every platform.
 * Subfolders are allowed, with `/` only.
 */
export function whyPathLeavesFolder(path: string): string | null {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  if (path === '') return 'the file name is empty';
  if (path.length > 4096) return `the file name ${shown} is too long`;
  for (let i = 0; i < path.length; i++) {
    if (path.charCodeAt(i) < 0x20) return `the file name ${shown} has a control character`;
  }
  if (path.startsWith('/')) return `the path ${shown} is absolute`;
  if (path.includes('\\')) return `the path ${shown} has a backslash`;
  // Drive letters, and alternate streams of NTFS.
  if (path.includes(':')) return `the path ${shown} has a colon`;
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `the path ${shown} leaves its folder`;
    if (part.endsWith('.') || part.endsWith(' ')) return `the path ${shown} means another name on Windows`;
  }
  return null;
}
