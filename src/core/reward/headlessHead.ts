import type { HeadPooling, RewardHead } from './rewardHead';

/** A head without objectives: reads the body's states and scores nothing. */
export function createHeadlessHead(pooling: HeadPooling): RewardHead {
  return {
    kind: 'meters',
    title: 'features only',
    objectives: [],
    pooling,
    gateText: null,
    apply: () => ({ rewards: [], coefficients: [], gates: null }),
  };
}
