import type { WeightsChange } from '../../protocol/breakdownView';
import { readSetting, writeSetting } from '../readSetting';

/** Keeps weights that were set in the page: from now on every model with objectives of these names uses them. */
export async function keepWeights({ weights }: Pick<WeightsChange, 'weights'>): Promise<void> {
  await writeSetting('weights', { ...readSetting('weights'), ...weights });
}
