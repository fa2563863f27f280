import type { RewardModelDescription } from './rewardModelDescription';

/** The number format that a model runs in, and what it cost: "int4, weights 7.1 % off". */
export function describeDtype({
  dtype,
  quantisationLoss,
}: Pick<RewardModelDescription, 'dtype' | 'quantisationLoss'>): string {
  if (quantisationLoss === undefined || quantisationLoss === null || quantisationLoss === 0) return dtype;
  const percent = 100 * quantisationLoss;
  return `${dtype}, weights ${percent < 0.01 ? '< 0.01' : percent.toPrecision(2)} % off`;
}
