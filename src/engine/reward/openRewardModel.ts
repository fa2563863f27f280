import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import { openTokenizer } from '../checkpoint/openTokenizer';
import { openUsableCheckpoint } from '../checkpoint/openUsableCheckpoint';
import { DecoderSession } from '../onnx/decoderSession';
import type { WeightMode } from '../onnx/openDecoder';
import { bodyOf, createRewardModel } from './createRewardModel';
import { openHead } from './openHead';
import type { RewardModel } from './rewardModel';
import { runSelfCheck } from './runSelfCheck';

export interface RewardModelParams {
  /** A checkpoint folder, a .gguf file, a hub id in the local cache, or `starter`. */
  readonly reference: string;
  /** A head file that replaces the checkpoint's own head. */
  readonly headPath?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
  /** Folder from which relative paths start. */
  readonly cwd?: string | undefined;
  readonly weightMode?: WeightMode | undefined;
  /** false: conversations are given to a model with a prompt of its own (DPA's) in its chat template instead. Default true. */
  readonly applyTemplate?: boolean | undefined;
}

/**
 * Opens a model with a reward head.
 * @throws AlidadeError `not_found`, `format`, `unsupported`, `weights`, `device`, `no_space`, `cancelled`.
 */
export async function openRewardModel(params: RewardModelParams, context: JobContext): Promise<RewardModel> {
  const { device, dtype, threads, weightMode, applyTemplate } = params;
  const { checkpoint, headPath } = await openUsableCheckpoint(params, context);
  const opened = await openHead(checkpoint, headPath);
  const texts = await openTokenizer(checkpoint);
  if (applyTemplate === false && opened.prompt === null) {
    context.logger.warn(`${checkpoint.name} has no prompt of its own that could be left out`);
  }
  const session = await DecoderSession.open(
    { checkpoint, ...bodyOf(opened.head), device, dtype, threads, weightMode },
    context,
  );
  const model = createRewardModel({ checkpoint, opened, session, texts, applyTemplate });
  // Numbers are known for published models with their own head and prompt.
  if (headPath === null && applyTemplate !== false) await runSelfCheck(model, checkpoint, context);
  return model;
}
