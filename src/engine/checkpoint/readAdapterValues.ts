import { arrangeAdapter } from '../../core/checkpoint/applyAdapter';
import type { LoadedAdapter } from '../../core/checkpoint/applyAdapter';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import type { TensorAdapter } from '../../core/checkpoint/tensorAdapter';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { readFully } from './positionalFile';

/**
 * Reads the matrices of an adapter, in the order in which `applyAdapter` takes them.
 * @param open gives the descriptor of a file that is open for reading.
 * @throws AlidadeError `unsupported` (dtype), FormatError, what `open` throws.
 */
export function readAdapterValues(adapter: TensorAdapter, open: (path: string) => number): LoadedAdapter {
  const read = (entry: TensorEntry): Float32Array => {
    const bytes = new Uint8Array(entry.bytes);
    readFully(open(entry.file), bytes, entry);
    return decodeTensor(bytes, entry);
  };
  const { a, b, magnitude } = adapter;
  return arrangeAdapter(adapter, { a: read(a), b: read(b), magnitude: magnitude === null ? null : read(magnitude) });
}
