import type { CheckpointHead } from '../core/checkpoint/checkpoint';
import { countOf } from './formatQuantity';
import type { StarterHead } from './readStarterHead';

/** "gated, 19 objectives"; "" without a reward head. */
export function describeHead(head: CheckpointHead | StarterHead): string {
  if (head === null) return '';
  return `${head.kind}, ${countOf(head.objectives.length, 'objective')}`;
}
