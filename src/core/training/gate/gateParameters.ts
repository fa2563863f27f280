import type { DenseLayer } from '../../reward/gatedHead';
import { seededRandom } from '../../seededRandom';
import { stepSeed } from '../optimiser/stepSeed';
import type { FeatureFrame } from '../ratings/featureRows';
import type { GateShape } from './gateGraph';

/**
 * Weights and biases to begin with, layer by layer: uniform between ±1/√inputs, as torch.nn.Linear has it (He et al. 2015
 * with a = √5); then the scale of the margins, 1.
 */
export function initialGateParameters({ inputs, hidden, objectives }: GateShape, seed: number): Float32Array[] {
  const layers = [...hidden, objectives].flatMap((outputs, layer) => {
    const width = layer === 0 ? inputs : hidden[layer - 1];
    const random = seededRandom(stepSeed(seed, 0, layer));
    const bound = 1 / Math.sqrt(width);
    const draw = (): number => bound * (2 * random() - 1);
    return [Float32Array.from({ length: outputs * width }, draw), Float32Array.from({ length: outputs }, draw)];
  });
  return [...layers, Float32Array.of(1)];
}

/**
 * Parameters for states x that do what these do for (x − shift) / scale: W' = W / scale and b' = b − W'·shift in the first
 * layer. The others are the same arrays.
 */
export function foldFrame(parameters: readonly Float32Array[], { shift, scale }: FeatureFrame): Float32Array[] {
  const [weight, bias, ...others] = parameters;
  const columns = shift.length;
  const folded = new Float32Array(weight.length);
  const moved = bias.map((value, row) => {
    let sum = value;
    for (let column = 0, place = row * columns; column < columns; column++, place++) {
      folded[place] = weight[place] / scale[column];
      // The rounded weight, so that rounding does not add up over what all states have in common.
      sum -= folded[place] * shift[column];
    }
    return sum;
  });
  return [folded, moved, ...others];
}

/** Layers of a head out of parameters in the order of `initialGateParameters`. */
export function gateLayers(parameters: readonly Float32Array[]): DenseLayer[] {
  return Array.from({ length: (parameters.length - 1) / 2 }, (_, layer) => ({
    weight: parameters[2 * layer],
    bias: parameters[2 * layer + 1],
  }));
}
