import { dirname, sep } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';
import { silenceRuntime } from './chooseDevice';
import { deviceError } from './deviceError';

/** @throws AlidadeError `device` when ONNX Runtime refuses the model. */
export async function createSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  silenceRuntime();
  try {
    return await InferenceSession.create(model, options);
  } catch (error) {
    throw deviceError('the model could not be loaded', error);
  }
}

/** The deepest folder above all the files: ONNX Runtime reads external data only below one folder. */
export function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new AlidadeError({
        code: 'unsupported',
        message: 'the weights and their converted copies lie on different drives',
        hint: 'set ALIDADE_CACHE to a folder on the drive of the model',
      });
    }
    folder = parent;
  }
  return folder;
}
