import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { ARMORM_EXAMPLE, checkArmormExample, isPublishedArmorm } from '../../core/reward/armormSelfCheck';
import type { SelfCheckResult } from '../../core/reward/armormSelfCheck';
import { isDpaRewardModel } from '../../core/reward/dpaRewardModel';
import { checkDpaExample, DPA_EXAMPLE, isPublishedDpa } from '../../core/reward/dpaSelfCheck';
import type { RewardBreakdown } from '../../core/reward/rewardBreakdown';
import { cacheFolder } from '../checkpoint/cacheFolder';
import type { RewardModel } from './rewardModel';

interface SelfCheck {
  readonly example: ScorableRow;
  readonly check: (breakdown: RewardBreakdown) => SelfCheckResult;
}

/**
 * The first time that a published model of which numbers are known is loaded (ArmoRM-Llama3-8B, DPA's reward model),
 * scores the example of its model card and compares. A difference is a warning, not a failure: a fine-tuned copy has
 * other numbers.
 */
export async function runSelfCheck(model: RewardModel, checkpoint: Checkpoint, context: JobContext): Promise<void> {
  const known = findSelfCheck(checkpoint);
  if (known === null) return;
  const marker = join(cacheFolder(), 'self-checks', `${model.description.hash.slice(0, 32)}.json`);
  if ((await stat(marker).catch(() => null)) !== null) return;
  context.progress({ message: 'Checking the model against its model card' });
  const breakdown = (await model.scoreRow(known.example, {}, context)) as RewardBreakdown & { readonly id: string };
  const result = known.check(breakdown);
  if (result.passed) context.logger.info(`${checkpoint.name}: agrees with the numbers of its model card`);
  else context.logger.warn(`${checkpoint.name}: ${result.differences.join('; ')}`);
  await mkdir(dirname(marker), { recursive: true });
  await writeFile(marker, JSON.stringify({ model: checkpoint.name, ...result }, null, 2));
}

function findSelfCheck({ config, head, name }: Checkpoint): SelfCheck | null {
  if (
    isPublishedArmorm({ ...config, objectives: config.gating?.objectives ?? 0 }) &&
    config.gating?.quantiles === undefined
  ) {
    return { example: ARMORM_EXAMPLE, check: checkArmormExample };
  }
  if (
    head?.kind === 'classification' &&
    isDpaRewardModel(config, head.objectives.length, name) &&
    isPublishedDpa(config)
  ) {
    return { example: DPA_EXAMPLE, check: checkDpaExample };
  }
  return null;
}
