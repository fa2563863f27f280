import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobContext } from '../../core/jobContext';
import { objectiveValues, type ObjectiveWeights } from '../../core/reward/meterHead';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { FeatureMatrix } from '../../core/training/featureMatrix';

export interface HeadRewardsParams extends ObjectiveWeights {
  readonly features: FeatureMatrix;
  /** Tokens of the response in each row of `features`. */
  readonly responseTokens: Int32Array;
  /** Of `features`. */
  readonly rows: Int32Array;
}

/** Rows that are read at once. */
const chunkRows = 512;

/**
 * The objectives' values as the head will give them; row-major, [rows, objectives].
 * @throws AlidadeError `cancelled`.
 */
export async function headRewards(
  { features, responseTokens, rows, ...weights }: HeadRewardsParams,
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Float64Array> {
  const { columns } = features;
  const width = weights.objectives.length;
  const rewards = new Float64Array(rows.length * width);
  const chunk = new Float32Array(Math.min(chunkRows, rows.length) * columns);
  for (let start = 0; start < rows.length; start += chunkRows) {
    // Many rows of a large body take seconds.
    await nextTurn();
    throwIfCancelled(signal);
    progress({ message: 'Rating responses', done: start, total: rows.length, unit: 'rows' });
    const indices = rows.subarray(start, start + chunkRows);
    const states = chunk.subarray(0, indices.length * columns);
    if (0 < weights.bias.length) features.readRows(indices, states);
    indices.forEach((row, index) => {
      const state = states.subarray(index * columns, (index + 1) * columns);
      rewards.set(objectiveValues(weights, state, responseTokens[row]), (start + index) * width);
    });
  }
  return rewards;
}

/** Each row times M; [rows, objectives]. */
export function transformRewards(rewards: Float64Array, transform: Float32Array, objectives: number): Float64Array {
  const result = new Float64Array(rewards.length);
  for (let start = 0; start < rewards.length; start += objectives) {
    for (let column = 0; column < objectives; column += 1) {
      let sum = 0;
      for (let row = 0; row < objectives; row += 1) {
        sum += rewards[start + row] * transform[row * objectives + column];
      }
      result[start + column] = sum;
    }
  }
  return result;
}
