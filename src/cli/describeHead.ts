import type { ListedHead } from '../core/checkpoint/checkpointSummary';
import { countOf } from '../core/describeQuantity';

/** "gated, 19 objectives"; "" without a reward head. */
export function describeHead(head: ListedHead): string {
  if (head === null) return '';
  return `${head.kind}, ${countOf(head.objectives.length, 'objective')}`;
}
