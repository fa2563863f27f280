import { keySchema } from '../yaml/keySchema';
import { rewardTestSpec } from './rewardTestKeys';

/** The JSON schema of a `*.reward.yaml` file. */
export function rewardTestSchema(): Record<string, unknown> {
  return keySchema('Alidade reward tests', rewardTestSpec);
}
