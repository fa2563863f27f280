import type { HeadFile, HeadObjective } from './headFile';
import { applyDense } from './gatedHead';
import type { RewardHead } from './rewardHead';

/** A response of 8191 tokens has verbosity 1. */
const LOG_TOKENS_AT_ONE = 13;

/** The head of a head file: independent meters, all with the same coefficient until the user sets others. */
export function createMeterHead(file: HeadFile): RewardHead {
  const { objectives, pooling, name } = file.metadata;
  const coefficients = objectives.map(() => 1 / objectives.length);
  return {
    kind: 'meters',
    title: name,
    objectives,
    pooling: { ...pooling, position: 'last-unpadded' },
    gateText: null,
    apply({ pooled, responseTokens }) {
      const trained = applyDense({ weight: file.weight, bias: file.bias }, pooled);
      let row = 0;
      const rewards = objectives.map((objective) =>
        objective.kind === 'computed' ? verbosity(responseTokens) : link(objective, trained[row++]),
      );
      return { rewards, coefficients, gates: null };
    },
  };
}

function link(objective: HeadObjective, value: number): number {
  return objective.kind === 'logistic' ? 1 / (1 + Math.exp(-value)) : value;
}

/** `log_tokens`, the one thing that is computed. */
function verbosity(responseTokens: number): number {
  return Math.log2(1 + responseTokens) / LOG_TOKENS_AT_ONE;
}
