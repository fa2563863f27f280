import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import { withFile } from './fileByteSource';

/**
 * One tensor of a checkpoint as float32, row-major, by its name in transformers.
 * @throws AlidadeError `weights` when the checkpoint has no such tensor, `unsupported` for its dtype.
 */
export async function readTensor(checkpoint: Checkpoint, name: string): Promise<Float32Array> {
  const entry = checkpoint.tensors.get(name);
  if (entry === undefined) {
    throw new AlidadeError({ code: 'weights', message: `${checkpoint.path} has no tensor ${name}` });
  }
  return withFile(entry.file, async (source) => decodeTensor(await source.read(entry.offset, entry.bytes), entry));
}
