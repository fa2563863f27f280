import { ARMORM_OBJECTIVES } from '../reward/armormObjectives';
import type { CheckpointHead } from './checkpoint';
import type { ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

/** The reward head in a checkpoint, told by its tensors; null when it has none. */
export function detectHead(config: ModelConfig, tensors: ReadonlyMap<string, TensorEntry>): CheckpointHead {
  const isGated = config.gating !== null || [...tensors.keys()].some((name) => name.startsWith('gating.'));
  if (isGated && tensors.has('regression_layer.weight')) {
    const count = tensors.get('regression_layer.weight')?.shape[0] ?? 0;
    return { kind: 'gated', objectives: nameGated(config.labels, count) };
  }
  const score = tensors.get('score.weight');
  if (score === undefined) return null;
  return { kind: 'classification', objectives: nameLabels(config.labels, score.shape[0] ?? 0) };
}

function nameGated(labels: readonly string[] | null, count: number): readonly string[] {
  const isNamed = labels?.length === count && !labels.every((label, id) => label === `LABEL_${id}`);
  if (isNamed) return labels;
  // ArmoRM's config.json does not name them.
  if (count === ARMORM_OBJECTIVES.length) return ARMORM_OBJECTIVES.map(({ name }) => name);
  return numbered('objective-', count);
}

/** `num_labels` is never stored and `id2label` may be absent: the rows of the weight count. */
function nameLabels(labels: readonly string[] | null, count: number): readonly string[] {
  return labels?.length === count ? labels : numbered('LABEL_', count);
}

/** A hostile shape must not make a long list. */
function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: Math.min(count, 65_536) }, (_, id) => `${prefix}${id}`);
}
