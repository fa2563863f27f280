import { applyDense } from './gatedHead';
import type { DenseLayer } from './gatedHead';
import type { HeadObjectiveInfo, HeadPooling, RewardHead } from './rewardHead';

export interface ClassificationHeadWeights {
  /** ReLU between them, none after the last, [objectives, …]; transformers' own classes have one, without bias. */
  readonly layers: readonly DenseLayer[];
  readonly objectives: readonly HeadObjectiveInfo[];
  readonly position: HeadPooling['position'];
  /** Default: what the number of objectives says. */
  readonly title?: string;
}

/** A head of linear layers over one token's state: one objective an output, all with the same coefficient. */
export function createClassificationHead({
  layers,
  objectives,
  position,
  title = objectives.length === 1 ? 'scalar reward' : `${objectives.length} ratings`,
}: ClassificationHeadWeights): RewardHead {
  const coefficients = objectives.map(() => 1 / objectives.length);
  return {
    kind: 'classification',
    title,
    objectives,
    pooling: { kind: 'last', layer: 'final', position },
    gateText: null,
    apply: ({ pooled }) => ({ rewards: applyLayers(layers, pooled), coefficients, gates: null }),
  };
}

function applyLayers(layers: readonly DenseLayer[], pooled: ArrayLike<number>): number[] {
  let hidden: readonly number[] = Array.from(pooled);
  layers.forEach((layer, index) => {
    const output = applyDense(layer, hidden);
    hidden = index + 1 < layers.length ? output.map((value) => Math.max(0, value)) : output;
  });
  return [...hidden];
}
