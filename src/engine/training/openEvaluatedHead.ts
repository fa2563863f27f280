import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { HeadFileMetadata } from '../../core/reward/headFile';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { resolveModelReference } from '../checkpoint/resolveModelReference';
import { openRewardModel } from '../reward/openRewardModel';
import type { RewardModel } from '../reward/rewardModel';

export interface EvaluatedHeadParams {
  /** A head file, or a whole reward model as `--model` takes it. */
  readonly head: string;
  /** The body of a head file; default: the one that it names. */
  readonly model?: string | undefined;
  /** Folder from which relative paths start. */
  readonly cwd?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
}

export interface EvaluatedHead {
  readonly model: RewardModel;
  /** What the head file says; null for a model with a head of its own. */
  readonly metadata: HeadFileMetadata | null;
}

/**
 * Opens a head on its body.
 * @throws AlidadeError `usage` for a head file that names no body, or a body beside a whole model; `not_found`, `format`,
 * and as `openRewardModel`.
 */
export async function openEvaluatedHead(params: EvaluatedHeadParams, context: JobContext): Promise<EvaluatedHead> {
  const { head, model, device, dtype, threads } = params;
  const cwd = params.cwd ?? process.cwd();
  const found = await findHead(head, cwd);
  if (found.headPath === null || found.isWhole) {
    if (model !== undefined) {
      throw new AlidadeError({
        code: 'usage',
        message: `${head} is a whole model, which needs no body`,
        hint: 'leave --model out, or give a head file',
      });
    }
    const metadata = found.headPath === null ? null : (await loadHeadFile(found.headPath)).metadata;
    return { model: await openRewardModel({ reference: head, cwd, device, dtype, threads }, context), metadata };
  }
  const { metadata } = await loadHeadFile(found.headPath);
  const reference = model ?? metadata.body.reference;
  if (reference === undefined) {
    throw new AlidadeError({
      code: 'usage',
      message: `${head} does not say where its body is, only that it is called ${metadata.body.name}`,
      hint: 'name it with --model',
    });
  }
  const { headPath } = found;
  return { model: await openRewardModel({ reference, headPath, cwd, device, dtype, threads }, context), metadata };
}

/** `isWhole`: the head comes with its body. */
async function findHead(
  head: string,
  cwd: string,
): Promise<{ readonly headPath: string | null; readonly isWhole: boolean }> {
  const path = resolve(cwd, head);
  const entry = await stat(path).catch(() => null);
  if (entry?.isFile() === true && !path.toLowerCase().endsWith('.gguf')) return { headPath: path, isWhole: false };
  return { headPath: (await resolveModelReference(head, { cwd })).headPath, isWhole: true };
}
