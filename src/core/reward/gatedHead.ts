import { ARMORM_OBJECTIVES } from './armormObjectives';
import { effectiveCoefficients } from './effectiveCoefficients';
import type { GateOutput, HeadObjectiveInfo, RewardHead } from './rewardHead';

// ArmoRM: Wang et al. 2024, "Interpretable Preferences via Multi-Objective Reward Modeling and Mixture-of-Experts",
// section 3, and the model's own modeling_custom.py (RLHFlow/ArmoRM-Llama3-8B-v0.1).

/** A dense layer, row-major. */
export interface DenseLayer {
  readonly weight: Float32Array; // [outputs, inputs]
  readonly bias: Float32Array | null; // [outputs]
}

/** A hidden layer of a gate; QRM normalises what comes out of its ReLU by running statistics (BatchNorm1d at inference). */
export interface GateLayer extends DenseLayer {
  readonly normalisation?: {
    readonly mean: Float32Array; // [outputs]
    readonly variance: Float32Array; // [outputs]
    readonly weight: Float32Array; // [outputs]
    readonly bias: Float32Array; // [outputs]
  };
}

export interface GatedHeadWeights {
  readonly regression: Float32Array; // [objectives · quantiles, hidden], no bias
  /** QRM: ratings of so many quantiles for each objective, whose mean is the reward. Default 1. */
  readonly quantiles?: number;
  readonly transform: Float32Array; // M [objectives, objectives], used as the row vector r·M
  /** ReLU between them, none after the last. */
  readonly gate: readonly GateLayer[];
  readonly logitScale: number;
  readonly temperature: number;
  readonly objectives: readonly string[];
  readonly gateText: string;
}

/** What BatchNorm1d adds to the variance by default. */
const NORM_EPSILON = 1e-5;

/** What a gate needs besides its input. */
export type GateWeights = Pick<GatedHeadWeights, 'transform' | 'gate' | 'logitScale' | 'temperature'>;

/** g = scale · softmax(gate(x_prompt) / T), c = g·Mᵀ. */
export function createGate(weights: GateWeights): (state: ArrayLike<number>) => GateOutput {
  const { transform, temperature, logitScale } = weights;
  return (state) => {
    let hidden = state;
    weights.gate.forEach((layer, index) => {
      const output = applyDense(layer, hidden);
      hidden =
        index + 1 < weights.gate.length
          ? normalise(
              output.map((value) => Math.max(0, value)),
              layer,
            )
          : output;
    });
    // logit_scale multiplies after the softmax, so the gates add up to it.
    const gates = softmax(Array.from(hidden, (value) => value / temperature)).map((value) => logitScale * value);
    return { gates, coefficients: effectiveCoefficients(gates, transform) };
  };
}

/** r = W x, with the gate's coefficients for them. */
export function createGatedHead(weights: GatedHeadWeights): RewardHead {
  const { quantiles = 1 } = weights;
  const objectives = weights.objectives.map(
    (name): HeadObjectiveInfo => ARMORM_OBJECTIVES.find((known) => known.name === name) ?? { name },
  );
  const weigh = createGate(weights);
  return {
    kind: 'gated',
    title: `gate over ${objectives.length} objectives${quantiles === 1 ? '' : ` of ${quantiles} quantiles`}`,
    objectives,
    pooling: { kind: 'last', layer: 'final', position: 'before-padding' },
    gateText: weights.gateText,
    gating: { temperature: weights.temperature, transform: Array.from(weights.transform) },
    weigh,
    apply({ pooled, gate, weighed }) {
      const ratings = applyDense({ weight: weights.regression, bias: null }, pooled);
      const rewards = quantiles === 1 ? ratings : meansOf(ratings, quantiles);
      return { rewards, ...(weighed ?? weigh(stateOfGate(gate))) };
    },
  };
}

/** @throws RangeError where the body was not read at the gate's position. */
export function stateOfGate(gate: ArrayLike<number> | null): ArrayLike<number> {
  if (gate === null) throw new RangeError('a gated head needs the hidden state at the gate position');
  return gate;
}

/** The expectation of each objective over its quantiles, which are evenly spread; they lie one after the other. */
function meansOf(ratings: readonly number[], quantiles: number): number[] {
  return Array.from({ length: ratings.length / quantiles }, (_, objective) => {
    const own = ratings.slice(objective * quantiles, (objective + 1) * quantiles);
    return own.reduce((sum, value) => sum + value, 0) / quantiles;
  });
}

function normalise(values: readonly number[], { normalisation }: GateLayer): readonly number[] {
  if (normalisation === undefined) return values;
  const { mean, variance, weight, bias } = normalisation;
  return values.map(
    (value, index) =>
      ((value - at(mean, index)) / Math.sqrt(at(variance, index) + NORM_EPSILON)) * at(weight, index) + at(bias, index),
  );
}

/** W x + b with sums in double precision; [outputs]. */
export function applyDense({ weight, bias }: DenseLayer, input: ArrayLike<number>): number[] {
  const inputs = input.length;
  const outputs = weight.length / inputs;
  const result = new Array<number>(outputs);
  for (let row = 0; row < outputs; row += 1) {
    let sum = 0;
    for (let column = 0; column < inputs; column += 1) {
      sum += weight[row * inputs + column] * input[column];
    }
    result[row] = sum + (bias === null ? 0 : at(bias, row));
  }
  return result;
}

function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function at(values: Float32Array, index: number): number {
  return values[index];
}
