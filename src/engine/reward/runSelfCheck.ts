import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import { ARMORM_EXAMPLE, checkArmormExample, isPublishedArmorm } from '../../core/reward/armormSelfCheck';
import type { RewardBreakdown } from '../../core/reward/rewardBreakdown';
import { cacheFolder } from '../checkpoint/cacheFolder';
import type { RewardModel } from './rewardModel';

/**
 * The first time that the published ArmoRM-Llama3-8B is loaded, scores the example of its model card and compares with
 * the card's numbers. A difference is a warning, not a failure: a fine-tuned copy has other numbers.
 */
export async function runSelfCheck(model: RewardModel, checkpoint: Checkpoint, context: JobContext): Promise<void> {
  const { config } = checkpoint;
  if (!isPublishedArmorm({ ...config, objectives: config.gating?.objectives ?? 0 })) return;
  const marker = join(cacheFolder(), 'self-checks', `${model.description.hash.slice(0, 32)}.json`);
  if ((await stat(marker).catch(() => null)) !== null) return;
  context.progress({ message: 'Checking the model against its model card' });
  const breakdown = (await model.scoreRow(ARMORM_EXAMPLE, {}, context)) as RewardBreakdown & { readonly id: string };
  const result = checkArmormExample(breakdown);
  if (result.passed) context.logger.info(`${checkpoint.name}: agrees with the numbers of its model card`);
  else context.logger.warn(`${checkpoint.name}: ${result.differences.join('; ')}`);
  await mkdir(dirname(marker), { recursive: true });
  await writeFile(marker, JSON.stringify({ model: checkpoint.name, ...result }, null, 2));
}
