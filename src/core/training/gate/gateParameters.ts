import type { DenseLayer } from '../../reward/gatedHead';
import { seededRandom } from '../../seededRandom';
import { stepSeed } from '../optimiser/stepSeed';
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

/** Layers of a head out of parameters in the order of `initialGateParameters`. */
export function gateLayers(parameters: readonly Float32Array[]): DenseLayer[] {
  return Array.from({ length: (parameters.length - 1) / 2 }, (_, layer) => ({
    weight: parameters[2 * layer],
    bias: parameters[2 * layer + 1],
  }));
}
