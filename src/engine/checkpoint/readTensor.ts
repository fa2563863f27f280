import { AlidadeError } from '../../core/alidadeError';
import { applyAdapter } from '../../core/checkpoint/applyAdapter';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import { withFile } from './fileByteSource';
import { loadAdapter } from './loadAdapter';

/**
 * One tensor of a checkpoint as float32, row-major, by its name in transformers, with what an adapter adds to it.
 * @throws AlidadeError `weights` when the checkpoint has no such tensor, `unsupported` for its dtype.
 */
export async function readTensor(checkpoint: Checkpoint, name: string): Promise<Float32Array> {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined) {
    throw new AlidadeError({ code: 'weights', message: `${checkpoint.path} has no tensor ${name}` });
  }
  const values = await withFile(entry.file, async (source) =>
    decodeTensor(await source.read(entry.offset, entry.bytes), entry),
  );
  if (entry.adapter !== undefined) applyAdapter(values, 0, await loadAdapter(entry.adapter));
  return values;
}
