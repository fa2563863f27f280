import { AlidadeError } from '../../core/alidadeError';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { checkpointName } from './checkpointName';
import { openCheckpoint } from './openCheckpoint';
import { readTensorFile } from './readTensorFile';
import { resolveModelReference } from './resolveModelReference';

/** The tensors of a model of any architecture. */
export interface OpenTensors {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** In the naming of transformers where the architecture is known, else as the files have them. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * Opens what a reference names, as far as its tensors go: a checkpoint of a known architecture with its adapter, or any
 * weight file, index or folder as it stands.
 * @param params `reference`: as `--model` takes it, or a .safetensors file or an index.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`; FormatError.
 */
export async function openTensors(
  { reference, cwd }: { readonly reference: string; readonly cwd: string },
  context: Pick<JobContext, 'signal'>,
): Promise<OpenTensors> {
  const { path } = await resolveModelReference(reference, { cwd });
  const name = checkpointName(path);
  const isPart = /\.safetensors(\.index\.json)?$/i.test(path);
  if (!isPart) {
    try {
      return { name, path, tensors: (await openCheckpoint(path, context)).tensors };
    } catch (error) {
      if (!(error instanceof AlidadeError) || (error.code !== 'unsupported' && error.code !== 'not_found')) throw error;
    }
  }
  const { tensors } = await readTensorFile(path, context);
  return { name, path, tensors: new Map(tensors.map((entry) => [entry.name, entry])) };
}
