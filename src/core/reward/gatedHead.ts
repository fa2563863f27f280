import { ARMORM_OBJECTIVES } from './armormObjectives';
import type { HeadObjectiveInfo, RewardHead } from './rewardHead';

// ArmoRM: Wang et al. 2024, "Interpretable Preferences via Multi-Objective Reward Modeling and Mixture-of-Experts",
// section 3, and the model's own modeling_custom.py (RLHFlow/ArmoRM-Llama3-8B-v0.1).

/** A dense layer, row-major. */
export interface DenseLayer {
  readonly weight: Float32Array; // [outputs, inputs]
  readonly bias: Float32Array | null; // [outputs]
}

export interface GatedHeadWeights {
  readonly regression: Float32Array; // [objectives, hidden], no bias
  readonly transform: Float32Array; // M [objectives, objectives], used as the row vector r·M
  /** ReLU between them, none after the last. */
  readonly gate: readonly DenseLayer[];
  readonly logitScale: number;
  readonly temperature: number;
  readonly objectives: readonly string[];
  readonly gateText: string;
}

/** r = W x, g = scale · softmax(gate(x_prompt) / T), c = g·Mᵀ, so that the score Σ g (r·M) is Σ c r. */
export function createGatedHead(weights: GatedHeadWeights): RewardHead {
  const { transform, temperature, logitScale } = weights;
  const objectives = weights.objectives.map(
    (name): HeadObjectiveInfo => ARMORM_OBJECTIVES.find((known) => known.name === name) ?? { name },
  );
  const objectiveCount = objectives.length;
  return {
    kind: 'gated',
    title: `gate over ${objectiveCount} objectives`,
    objectives,
    pooling: { kind: 'last', layer: 'final', position: 'before-padding' },
    gateText: weights.gateText,
    apply({ pooled, gate }) {
      if (gate === null) throw new RangeError('a gated head needs the hidden state at the gate position');
      const rewards = applyDense({ weight: weights.regression, bias: null }, pooled);
      let hidden: ArrayLike<number> = gate;
      weights.gate.forEach((layer, index) => {
        const output = applyDense(layer, hidden);
        hidden = index + 1 < weights.gate.length ? output.map((value) => Math.max(0, value)) : output;
      });
      // logit_scale multiplies after the softmax, so the gates add up to it.
      const gates = softmax(Array.from(hidden, (value) => value / temperature)).map((value) => logitScale * value);
      const coefficients = rewards.map((_, row) =>
        gates.reduce((sum, gateValue, column) => sum + gateValue * at(transform, row * objectiveCount + column), 0),
      );
      return { rewards, coefficients, gates };
    },
  };
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
