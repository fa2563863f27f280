import { gateLossGraph, GATE_INPUTS, maskName, type GateShape } from '../../core/training/gate/gateGraph';
import { stepAdamW, type Moments } from '../../core/training/optimiser/adamW';
import { cosineRate } from '../../core/training/optimiser/cosineRate';
import { fillDropoutMask } from '../../core/training/optimiser/dropoutMask';
import { stepSeed } from '../../core/training/optimiser/stepSeed';
import type { FeatureFrame } from '../../core/training/ratings/featureRows';
import type { GateRecipe } from '../../core/training/recipe/headRecipe';
import { seededRandom } from '../../core/seededRandom';
import type { GatePairs } from './gateMargins';
import { nameOf, openGradientSession } from './gradientSession';

export interface GateStepsParams extends GatePairs {
  readonly weights?: Float64Array; // [pairs]
  readonly isSwapped?: Uint8Array; // [pairs]
  readonly training: Int32Array;
  readonly recipe: GateRecipe;
  readonly seed: number;
  readonly threads?: number;
  readonly shape: GateShape;
  /** What standardises the states. */
  readonly frame: FeatureFrame;
  /** What differences are multiplied by. */
  readonly factor: number;
  /** Both are changed in place. */
  readonly parameters: readonly Float32Array[];
  readonly moments: readonly Moments[];
}

export interface GateSteps {
  /** Draws a batch, and changes the parameters along its gradient. @returns the loss of the batch before that. */
  take(step: number): Promise<number>;
  release(): Promise<void>;
}

/** What is drawn in a step; a hidden layer's mask is its number on top. */
const uses = { pairs: 1, masks: 2 } as const;

/** Steps of AdamW on batches with replacement, each drawn from the seed and its number alone. */
export async function openGateSteps(params: GateStepsParams): Promise<GateSteps> {
  const { gate, prompts, training, recipe, seed, shape, frame, parameters, moments } = params;
  const { optimiser, temperature, dropout } = recipe;
  const { batch } = optimiser;
  const graph = gateLossGraph(shape, { temperature, batch, hasDropout: 0 < dropout });
  const inputs = graph.inputs.map((value) => ({ value, data: new Float32Array(sizeOf(value.shape)) }));
  const arrays = new Map(inputs.map(({ value, data }) => [nameOf(value), data]));
  const array = (name: string): Float32Array => arrays.get(name) ?? new Float32Array(0);
  const session = await openGradientSession({
    loss: graph.loss,
    parameters: graph.parameters.map((value, index) => ({ value, data: parameters[index] })),
    inputs,
    threads: params.threads,
  });
  const drawn = new Int32Array(batch);
  const inverse = frame.scale.map((scale) => 1 / scale);
  return {
    async take(step) {
      const random = seededRandom(stepSeed(seed, step, uses.pairs));
      for (let row = 0; row < batch; row++) drawn[row] = training[Math.floor(random() * training.length)];
      const states = array(GATE_INPUTS.states);
      gate.readRows(
        drawn.map((pair) => prompts[pair]),
        states,
      );
      standardise(states, { shift: frame.shift, inverse });
      fillPairs(params, drawn, { differences: array(GATE_INPUTS.differences), weights: array(GATE_INPUTS.weights) });
      if (0 < dropout) {
        shape.hidden.forEach((_, layer) => {
          fillDropoutMask(array(maskName(layer)), { chance: dropout, seed: stepSeed(seed, step, uses.masks + layer) });
        });
      }
      const { loss, gradients } = await session.run();
      const rate = cosineRate({ rate: optimiser.learningRate, steps: optimiser.steps }, step);
      parameters.forEach((parameter, index) => {
        stepAdamW({ parameter, gradient: gradients[index], moments: moments[index], step: step + 1, rate }, optimiser);
      });
      return loss;
    },
    release: () => session.release(),
  };
}

/** (x − shift) · inverse, in place. */
function standardise(states: Float32Array, { shift, inverse }: { shift: Float64Array; inverse: Float64Array }): void {
  const columns = shift.length;
  for (let start = 0; start < states.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      states[start + column] = (states[start + column] - shift[column]) * inverse[column];
    }
  }
}

/** Differences and weights of the pairs of a batch. */
function fillPairs(
  { differences, weights, isSwapped, factor, shape: { objectives } }: GateStepsParams,
  drawn: Int32Array,
  batch: { readonly differences: Float32Array; readonly weights: Float32Array },
): void {
  drawn.forEach((pair, row) => {
    const sign = isSwapped?.[pair] === 1 ? -factor : factor;
    batch.weights[row] = weights?.[pair] ?? 1;
    for (let objective = 0; objective < objectives; objective++) {
      batch.differences[row * objectives + objective] = sign * differences[pair * objectives + objective];
    }
  });
}

function sizeOf(shape: readonly (number | string)[]): number {
  return shape.reduce((product: number, dimension) => product * Number(dimension), 1);
}
