import { applyDense } from './gatedHead';
import type { DenseLayer } from './gatedHead';
import type { RewardHead } from './rewardHead';

export interface ClassificationHeadWeights {
  readonly score: DenseLayer; // [labels, hidden]; transformers' own classes have no bias
  readonly labels: readonly string[];
}

/** transformers' *ForSequenceClassification: one objective a label, all with the same coefficient. */
export function createClassificationHead({ score, labels }: ClassificationHeadWeights): RewardHead {
  const coefficients = labels.map(() => 1 / labels.length);
  return {
    kind: 'classification',
    title: labels.length === 1 ? 'scalar reward' : `${labels.length} ratings`,
    objectives: labels.map((name) => ({ name })),
    pooling: { kind: 'last', layer: 'final', position: 'last-unpadded' },
    gateText: null,
    apply: ({ pooled }) => ({ rewards: applyDense(score, pooled), coefficients, gates: null }),
  };
}
