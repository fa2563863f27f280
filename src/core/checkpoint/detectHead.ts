import { ARMORM_OBJECTIVES } from '../reward/armormObjectives';
import { DPA_OBJECTIVES, isDpaRewardModel } from '../reward/dpaRewardModel';
import type { CheckpointHead } from './checkpoint';
import { findLinearHead, findUnknownHead } from './findRewardHead';
import type { ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

/** The reward head in a checkpoint, told by its tensors; null when it has none that can be read. */
export function detectHead(
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorEntry>,
  name: string,
): CheckpointHead {
  const isGated = config.gating !== null || [...tensors.keys()].some((tensor) => tensor.startsWith('gating.'));
  const rating = tensors.get('regression_layer.weight');
  if (isGated && rating !== undefined) {
    const count = (rating.shape[0] ?? 0) / (config.gating?.quantiles ?? 1);
    return { kind: 'gated', objectives: nameGated(config.labels, Math.floor(count)) };
  }
  const linear = findLinearHead(tensors);
  if (linear === null || findUnknownHead(config, tensors) !== null) return null;
  const { module, outputs } = linear;
  if (isDpaRewardModel(config, outputs, name)) {
    return { kind: 'classification', objectives: DPA_OBJECTIVES.map((objective) => objective.name) };
  }
  return { kind: 'classification', objectives: nameLabels(config.labels, outputs, module) };
}

function nameGated(labels: readonly string[] | null, count: number): readonly string[] {
  const isNamed = labels?.length === count && !labels.every((label, id) => label === `LABEL_${id}`);
  if (isNamed) return labels;
  // ArmoRM's config.json does not name them, nor does QRM's.
  if (count === ARMORM_OBJECTIVES.length) return ARMORM_OBJECTIVES.map(({ name }) => name);
  return numbered('objective-', count);
}

/** `num_labels` is never stored and `id2label` may be absent: the rows of the weight count. */
function nameLabels(labels: readonly string[] | null, count: number, module: string): readonly string[] {
  if (labels?.length === count) return labels;
  return count === 1 && module !== 'score' ? ['reward'] : numbered('LABEL_', count);
}

/** A hostile shape must not make a long list. */
function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: Math.min(count, 65_536) }, (_, id) => `${prefix}${id}`);
}
