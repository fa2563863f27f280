import type { CheckpointHead } from '../core/checkpoint/checkpoint';
import type { StarterHead } from './readStarterHead';

/** "gated, 19 objectives"; "" without a reward head. */
export function describeHead(head: CheckpointHead | StarterHead): string {
  if (head === null) return '';
  const { length } = head.objectives;
  return `${head.kind}, ${length} ${length === 1 ? 'objective' : 'objectives'}`;
}
