import type { HeadFile, HeadObjective } from './headFile';
import { applyDense, createGate, stateOfGate } from './gatedHead';
import type { RewardHead } from './rewardHead';

/** A response of 8191 tokens has verbosity 1. */
const LOG_TOKENS_AT_ONE = 13;

/**
 * The head of a head file. Without a gate: meters, weighed by the file's coefficients or, until the user sets others, all
 * the same. With one: the weights are those of the prompt.
 */
export function createMeterHead(file: HeadFile): RewardHead {
  const { objectives, pooling, name, gate: gating } = file.metadata;
  const weights = { objectives, weight: file.weight, bias: file.bias };
  const rewardsOf = (pooled: ArrayLike<number>, responseTokens: number): number[] =>
    objectiveValues(weights, pooled, responseTokens);
  const common = { title: name, objectives, pooling: { ...pooling, position: 'last-unpadded' } } as const;
  if (file.gate === null || gating === undefined) {
    const coefficients = file.metadata.coefficients ?? objectives.map(() => 1 / objectives.length);
    return {
      ...common,
      kind: 'meters',
      gateText: null,
      apply: ({ pooled, responseTokens }) => ({
        rewards: rewardsOf(pooled, responseTokens),
        coefficients,
        gates: null,
      }),
    };
  }
  const { layers, transform, logitScale } = file.gate;
  const weigh = createGate({ gate: layers, transform, logitScale, temperature: gating.temperature });
  return {
    ...common,
    kind: 'gated',
    gateText: gating.text,
    gating: { temperature: gating.temperature, transform: Array.from(transform) },
    weigh,
    apply: ({ pooled, gate, weighed, responseTokens }) => ({
      rewards: rewardsOf(pooled, responseTokens),
      ...(weighed ?? weigh(stateOfGate(gate))),
    }),
  };
}

/** What the objectives of a head file are made of. */
export interface ObjectiveWeights {
  readonly objectives: readonly Pick<HeadObjective, 'kind'>[];
  /** Rows in the order of the objectives that are not computed. */
  readonly weight: Float32Array; // [trained, hidden]
  readonly bias: Float32Array; // [trained]
}

/** The value of each objective for one pooled state [hidden]. */
export function objectiveValues(
  { objectives, weight, bias }: ObjectiveWeights,
  pooled: ArrayLike<number>,
  responseTokens: number,
): number[] {
  const trained = bias.length === 0 ? [] : applyDense({ weight, bias }, pooled);
  let row = 0;
  return objectives.map((objective) =>
    objective.kind === 'computed' ? verbosity(responseTokens) : link(objective, trained[row++]),
  );
}

function link(objective: Pick<HeadObjective, 'kind'>, value: number): number {
  return objective.kind === 'logistic' ? 1 / (1 + Math.exp(-value)) : value;
}

/** `log_tokens`, the one thing that is computed. */
function verbosity(responseTokens: number): number {
  return Math.log2(1 + responseTokens) / LOG_TOKENS_AT_ONE;
}
