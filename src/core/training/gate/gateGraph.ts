import { multiply, reduceSum, relu, scale, softmax } from '../../onnx/operators';
import { gemm } from '../../onnx/trainingOperators';
import { graphInput } from '../../onnx/value';
import type { Value } from '../../onnx/value';
import { bradleyTerryLoss } from '../losses/bradleyTerry';

/** The sizes of a gate: hidden state → hidden layers → one logit an objective. */
export interface GateShape {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly objectives: number;
}

export interface GateGraph {
  /** What the graph is given besides the parameters. */
  readonly inputs: readonly Value[];
  /** Weight and bias of each layer, in the order of their use; in a training graph then the scale of the margins. */
  readonly parameters: readonly Value[];
}

/** The inputs of a training graph, by name. */
export const GATE_INPUTS = { states: 'states', differences: 'differences', weights: 'weights' } as const;

/** The mask of a hidden layer. */
export function maskName(layer: number): string {
  return `mask_${layer}`;
}

/**
 * The loss of a batch of pairs: Bradley–Terry over margin = scale · Σ softmax(gate(x) / T) · difference (Wang et al. 2024,
 * section 3, eq. 5). Hidden layers have ReLU, then dropout where it is asked for.
 */
export function gateLossGraph(
  shape: GateShape,
  { temperature, batch, hasDropout }: { temperature: number; batch: number; hasDropout: boolean },
): GateGraph & { readonly loss: Value } {
  const states = graphInput(GATE_INPUTS.states, 'float32', [batch, shape.inputs]);
  const differences = graphInput(GATE_INPUTS.differences, 'float32', [batch, shape.objectives]);
  const weights = graphInput(GATE_INPUTS.weights, 'float32', [batch]);
  const masks = hasDropout
    ? shape.hidden.map((size, layer) => graphInput(maskName(layer), 'float32', [batch, size]))
    : [];
  const layers = layerInputs(shape);
  const marginScale = graphInput('margin_scale', 'float32', [1]);
  return {
    inputs: [states, differences, weights, ...masks],
    parameters: [...layers.flatMap(({ weight, bias }) => [weight, bias]), marginScale],
    loss: gateLoss({ states, layers, masks, marginScale, differences, weights }, temperature),
  };
}

export interface GateLossInputs extends Layers {
  readonly marginScale: Value; // [1]
  readonly differences: Value; // [pairs, objectives]
  readonly weights: Value; // [pairs]
}

/** The loss of `gateLossGraph`, of any inputs. */
export function gateLoss(inputs: GateLossInputs, temperature: number): Value {
  const gates = softmax(scale(logitsOf(inputs), 1 / temperature));
  const margins = multiply(reduceSum(multiply(gates, inputs.differences), 1), inputs.marginScale);
  return bradleyTerryLoss({ margins, weights: inputs.weights });
}

/** softmax(gate(x) / T) of any number of prompts: [prompts, objectives]. */
export function gateGraph(shape: GateShape, temperature: number): GateGraph & { readonly gates: Value } {
  const states = graphInput(GATE_INPUTS.states, 'float32', ['prompts', shape.inputs]);
  const layers = layerInputs(shape);
  return {
    inputs: [states],
    parameters: layers.flatMap(({ weight, bias }) => [weight, bias]),
    gates: softmax(scale(logitsOf({ states, layers, masks: [] }), 1 / temperature)),
  };
}

export interface LayerInputs {
  readonly weight: Value; // [outputs, inputs]
  readonly bias: Value; // [outputs]
}

function layerInputs({ inputs, hidden, objectives }: GateShape): LayerInputs[] {
  return [...hidden, objectives].map((outputs, layer) => ({
    weight: graphInput(`weight_${layer}`, 'float32', [outputs, layer === 0 ? inputs : hidden[layer - 1]]),
    bias: graphInput(`bias_${layer}`, 'float32', [outputs]),
  }));
}

export interface Layers {
  readonly states: Value; // [pairs, inputs]
  readonly layers: readonly LayerInputs[];
  /** By hidden layer; none: nothing is dropped. */
  readonly masks: readonly Value[];
}

function logitsOf({ states, layers, masks }: Layers): Value {
  return layers.reduce((values, { weight, bias }, layer) => {
    const output = gemm(values, weight, { transposeRight: true, bias });
    if (layer === layers.length - 1) return output;
    const mask: Value | undefined = masks[layer];
    return mask === undefined ? relu(output) : multiply(relu(output), mask);
  }, states);
}
