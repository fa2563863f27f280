import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import { openCheckpoint } from './openCheckpoint';
import { resolveModelReference } from './resolveModelReference';

/**
 * Opens the checkpoint that a reference names, for running it.
 * @throws AlidadeError `not_found`, `format`, `unsupported`; `weights` when its tensors do not fit its configuration, all
 * of them listed.
 */
export async function openUsableCheckpoint(
  params: { readonly reference: string; readonly headPath?: string | undefined; readonly cwd?: string | undefined },
  context: JobContext,
): Promise<{ readonly checkpoint: Checkpoint; readonly headPath: string | null }> {
  const resolved = await resolveModelReference(params.reference, { cwd: params.cwd ?? process.cwd() });
  const checkpoint = await openCheckpoint(resolved.path, context);
  if (0 < checkpoint.problems.length) {
    throw new AlidadeError({
      code: 'weights',
      message: `${checkpoint.path}: ${checkpoint.problems.join('; ')}`,
      hint: 'fetch or copy the checkpoint again; `alidade inspect` lists its tensors',
    });
  }
  return { checkpoint, headPath: params.headPath ?? resolved.headPath };
}
