import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from './describeFileError';
import { isAdapterFolder, openAdapterCheckpoint } from './openAdapterCheckpoint';
import { openGgufCheckpoint } from './openGgufCheckpoint';
import { openSafetensorsCheckpoint } from './openSafetensorsCheckpoint';

/**
 * Opens a checkpoint: a folder with config.json and .safetensors files, a .gguf file, or a folder with a LoRA adapter. Reads headers and small texts only.
 * Weights that do not fit the configuration are listed in `problems`.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`, or FormatError, for what cannot be read at all.
 */
export async function openCheckpoint(path: string, context: Pick<JobContext, 'signal'>): Promise<Checkpoint> {
  throwIfCancelled(context.signal);
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: unknown) => {
    throw describeFileError(error, absolute);
  });
  if (found.isDirectory()) {
    const names = await readdir(absolute).catch((error: unknown) => {
      throw describeFileError(error, absolute);
    });
    if (isAdapterFolder(names)) return openAdapterCheckpoint(absolute, (base) => openCheckpoint(base, context));
    return openSafetensorsCheckpoint(absolute, context);
  }
  if (absolute.toLowerCase().endsWith('.gguf')) return openGgufCheckpoint(absolute);
  throw new AlidadeError({
    code: 'unsupported',
    message: `${absolute} is not a checkpoint`,
    hint: 'give a folder with config.json and .safetensors files, or a .gguf file',
  });
}
