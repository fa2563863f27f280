import { arrangeAdapter } from '../../core/checkpoint/applyAdapter';
import type { LoadedAdapter } from '../../core/checkpoint/applyAdapter';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import type { TensorAdapter } from '../../core/checkpoint/tensorAdapter';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { withFile } from './fileByteSource';

/**
 * The values of an adapter, ready for the rows of its matrix.
 * @throws AlidadeError `unsupported` for a dtype that cannot be read.
 */
export async function loadAdapter(adapter: TensorAdapter): Promise<LoadedAdapter> {
  const read = (entry: TensorEntry): Promise<Float32Array> =>
    withFile(entry.file, async (source) => decodeTensor(await source.read(entry.offset, entry.bytes), entry));
  const { a, b, magnitude } = adapter;
  return arrangeAdapter(adapter, {
    a: await read(a),
    b: await read(b),
    magnitude: magnitude === null ? null : await read(magnitude),
  });
}
