import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tensor } from 'onnxruntime-node';
import type { JobContext } from '../../core/jobContext';
import { writeModel } from '../../core/onnx/writeModel';
import type { DenseLayer } from '../../core/reward/gatedHead';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import { gateGraph, type GateShape } from '../../core/training/gate/gateGraph';
import { createSession } from '../onnx/createSession';
import { nameOf, trainingSessionOptions } from './gradientSession';

/** Pairs as a gate sees them. */
export interface GatePairs {
  /** States at the gate position, one a prompt. */
  readonly gate: FeatureMatrix;
  /** Row of the prompt's state in `gate`; [pairs]. */
  readonly prompts: Int32Array;
  /** Corrected rewards of the chosen response minus those of the rejected one; [pairs, objectives]. */
  readonly differences: Float64Array;
}

/** ArmoRM's gate: gates are `logitScale` times softmax(logits / temperature). */
export interface Gate {
  /** In the order of their use, ReLU between them; the last one gives a logit an objective. */
  readonly layers: readonly DenseLayer[];
  readonly logitScale: number;
  readonly temperature: number;
}

/** Prompts a run of the graph. */
const promptsAtOnce = 1024;

/**
 * What a gate says about pairs.
 * @returns margins (score of the chosen response minus that of the rejected one) in the order of `pairs`.
 * @throws AlidadeError `cancelled`, `device`.
 */
export async function gateMargins(
  params: GatePairs & Gate & { readonly pairs: Int32Array; readonly threads?: number },
  context: JobContext,
): Promise<Float64Array> {
  const { gate, prompts, differences, layers, logitScale, temperature, pairs, threads } = params;
  const shape = shapeOf(gate, layers);
  const forward = await openGate({ shape, temperature, threads });
  try {
    const gates = await forward.gatesOf({ gate, prompts, pairs, parameters: parametersOf(layers) }, context);
    return marginsOf({ gates, differences, pairs, factor: logitScale });
  } finally {
    await forward.release();
  }
}

export interface OpenGate {
  /** softmax(logits / temperature) of the prompt of each pair, which adds up to 1: [pairs, objectives]. */
  gatesOf(params: GatesParams, context: JobContext): Promise<Float32Array>;
  release(): Promise<void>;
}

interface GatesParams extends Pick<GatePairs, 'gate' | 'prompts'> {
  readonly pairs: Int32Array;
  /** Weight and bias of each layer; more than that is not looked at. */
  readonly parameters: readonly Float32Array[];
}

/** The graph that gives gates, for parameters that change. */
export async function openGate({
  shape,
  temperature,
  threads,
}: {
  readonly shape: GateShape;
  readonly temperature: number;
  readonly threads: number | undefined;
}): Promise<OpenGate> {
  const { inputs, parameters: parameterInputs, gates } = gateGraph(shape, temperature);
  const declared = [...inputs, ...parameterInputs];
  const graph = { name: 'gate', inputs: declared, outputs: [{ name: 'gates', value: gates }], externalRoot: '/' };
  const session = await createSession(writeModel(graph), trainingSessionOptions(threads));
  const { inputs: columns, objectives } = shape;
  return {
    async gatesOf({ gate, prompts, pairs, parameters }, context) {
      // Pairs of one prompt share its gates.
      const rows = [...new Set(Array.from(pairs, (pair) => prompts[pair]))];
      const placeOf = new Map(rows.map((row, place) => [row, place]));
      const ofRows = new Float32Array(rows.length * objectives);
      const weights = parameterInputs.map(
        (value, index) => [nameOf(value), new Tensor('float32', parameters[index], value.shape.map(Number))] as const,
      );
      const states = new Float32Array(Math.min(promptsAtOnce, rows.length) * columns);
      for (let start = 0; start < rows.length; start += promptsAtOnce) {
        await nextTurn();
        throwIfCancelled(context.signal);
        const part = rows.slice(start, start + promptsAtOnce);
        const own = states.subarray(0, part.length * columns);
        gate.readRows(part, own);
        const feeds = { [nameOf(inputs[0])]: new Tensor('float32', own, [part.length, columns]) };
        const results = await session.run({ ...feeds, ...Object.fromEntries(weights) });
        ofRows.set(results.gates.data as Float32Array, start * objectives);
      }
      const result = new Float32Array(pairs.length * objectives);
      pairs.forEach((pair, index) => {
        const place = placeOf.get(prompts[pair]) ?? 0;
        result.set(ofRows.subarray(place * objectives, (place + 1) * objectives), index * objectives);
      });
      return result;
    },
    release: () => session.release(),
  };
}

/** factor · Σ gate · difference, in double precision. */
export function marginsOf({
  gates,
  differences,
  pairs,
  factor,
}: {
  readonly gates: Float32Array; // [pairs, objectives]
  readonly differences: Float64Array;
  readonly pairs: Int32Array;
  readonly factor: number;
}): Float64Array {
  const objectives = gates.length / pairs.length;
  return Float64Array.from(pairs, (pair, index) => {
    let sum = 0;
    for (let objective = 0; objective < objectives; objective++) {
      sum += gates[index * objectives + objective] * differences[pair * objectives + objective];
    }
    return factor * sum;
  });
}

function shapeOf({ columns }: FeatureMatrix, layers: readonly DenseLayer[]): GateShape {
  const outputs = layers.map(({ weight }, layer) => {
    const inputs = layer === 0 ? columns : (layers[layer - 1].bias?.length ?? 0);
    return weight.length / inputs;
  });
  return { inputs: columns, hidden: outputs.slice(0, -1), objectives: outputs[outputs.length - 1] };
}

function parametersOf(layers: readonly DenseLayer[]): Float32Array[] {
  return layers.flatMap(({ weight, bias }) => [weight, bias ?? new Float32Array(0)]);
}
