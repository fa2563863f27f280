import type { ScoredRow } from '../reward/rewardBreakdown';
import type { MergeMeasurement } from './mergeMeasurement';

type RowReward = NonNullable<MergeMeasurement['reward']>['rows'][number];

/** One number for a row: its score, the margin of a pair, the mean of a list. */
export function rewardOfRow(scored: ScoredRow): RowReward {
  const { id } = scored;
  if ('error' in scored) return { id, reward: null, error: scored.error.message };
  const reward = numberOf(scored);
  if (Number.isFinite(reward)) return { id, reward, error: null };
  return { id, reward: null, error: `row ${id}: the model's score is not a finite number` };
}

/** Of those that have one; null where none has. */
export function meanReward(rows: readonly RowReward[]): number | null {
  const rewards = rows.flatMap(({ reward }) => reward ?? []);
  return rewards.length === 0 ? null : meanOf(rewards);
}

function numberOf(scored: Exclude<ScoredRow, { readonly error: unknown }>): number {
  if ('margin' in scored) return scored.margin;
  if ('responses' in scored) return meanOf(scored.responses.map(({ score }) => score));
  return scored.score;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
