import { AlidadeError } from '../../alidadeError';
import type { SafetensorsTensor } from '../../checkpoint/writeSafetensors';
import type { DenseLayer } from '../../reward/gatedHead';
import type { HeadFile, HeadGateWeights } from '../../reward/headFile';

/** A head in the layout of ArmoRM's checkpoint. */
export interface ArmormHead {
  readonly tensors: readonly SafetensorsTensor[];
  readonly config: {
    readonly num_objectives: number;
    readonly gating_temperature: number;
    readonly gating_hidden_dim: number;
    readonly gating_n_hidden: number;
  };
}

/** Of a gate that weighs every prompt the same; any would do. */
const constantTemperature = 1;
/** Shares of objectives that weigh nothing; their column of M is 0. */
const leastShare = 1e-6;

/**
 * A head file in the layout of ArmoRM's checkpoint (RLHFlow/ArmoRM-Llama3-8B-v0.1, modeling_custom.py): ratings without
 * bias, M, and a gate whose hidden layers are equally wide; narrower ones get outputs of 0. Coefficients become a gate that
 * sees nothing of the prompt: it has a bias alone.
 * @throws AlidadeError `unsupported` with everything that the layout has no place for.
 */
export function armormHead(head: Omit<HeadFile, 'path'>): ArmormHead {
  const { objectives, body, coefficients } = head.metadata;
  refuseUnfit(head);
  const count = objectives.length;
  const gate =
    head.gate === null
      ? constantGate(coefficients ?? objectives.map(() => 1 / count), body.hiddenSize)
      : { ...head.gate, temperature: head.metadata.gate?.temperature ?? constantTemperature };
  const layers = equallyWide(gate.layers, body.hiddenSize);
  const width = layers.length === 1 ? 1 : layers[0].weight.length / body.hiddenSize;
  const tensors: SafetensorsTensor[] = [
    { name: 'regression_layer.weight', shape: [count, body.hiddenSize], values: head.weight },
    { name: 'reward_transform_matrix', shape: [count, count], values: gate.transform },
  ];
  layers.forEach(({ weight, bias }, layer) => {
    const outputs = layer + 1 < layers.length ? width : count;
    const name = `gating.layers.${layer}`;
    tensors.push({ name: `${name}.weight`, shape: [outputs, weight.length / outputs], values: weight });
    tensors.push({ name: `${name}.bias`, shape: [outputs], values: bias ?? new Float32Array(outputs) });
  });
  tensors.push({ name: 'gating.logit_scale', shape: [1], values: Float32Array.of(gate.logitScale) });
  return {
    tensors,
    config: {
      num_objectives: count,
      gating_temperature: gate.temperature,
      gating_hidden_dim: width,
      gating_n_hidden: layers.length - 1,
    },
  };
}

function refuseUnfit({ metadata, bias }: Omit<HeadFile, 'path'>): void {
  const { objectives, pooling, name } = metadata;
  const named = (kind: 'logistic' | 'computed'): string =>
    withVerb(objectives.filter((objective) => objective.kind === kind));
  const [logistic, computed] = [named('logistic'), named('computed')];
  const biased = objectives
    .filter(({ kind }) => kind === 'linear')
    .filter((_, row) => bias.length === objectives.length && bias[row] !== 0)
    .map((objective) => objective.name);
  const reasons = [
    ...(computed === '' ? [] : [`${computed} computed from the text, and every rating is w·x there`]),
    ...(logistic === '' ? [] : [`${logistic} logistic, and every rating is w·x there`]),
    ...(biased.length === 0 ? [] : [`${biased.join(', ')} has a bias, for which there is no tensor`]),
    ...(pooling.kind === 'last' ? [] : ['it reads the mean over the response, and ratings are read at the last token']),
    ...(pooling.layer === 'final'
      ? []
      : [`it reads layer ${pooling.layer}, and ratings are read after the final norm`]),
  ];
  if (reasons.length === 0) return;
  throw new AlidadeError({
    code: 'unsupported',
    message: `the head ${name} has no form in ArmoRM's layout: ${reasons.join('; ')}`,
    hint: 'train it with the default pooling (last, final), ratings alone and no intercept, or use the head file itself',
  });
}

/** "a is", "a, b are"; nothing of nothing. */
function withVerb(objectives: readonly { readonly name: string }[]): string {
  const names = objectives.map(({ name }) => name).join(', ');
  return names === '' ? '' : `${names} ${objectives.length === 1 ? 'is' : 'are'}`;
}

/** Gates of |c| and M with the signs and the rest of c on its diagonal, so that c = g·Mᵀ. */
function constantGate(
  coefficients: readonly number[],
  hiddenSize: number,
): HeadGateWeights & { readonly temperature: number } {
  const count = coefficients.length;
  const total = coefficients.reduce((sum, value) => sum + Math.abs(value), 0);
  const logitScale = total === 0 ? 1 : total;
  const raw = coefficients.map((value) => Math.max(Math.abs(value) / logitScale, leastShare));
  const sum = raw.reduce((a, b) => a + b, 0);
  const bias = Float32Array.from(raw, (share) => constantTemperature * Math.log(share / sum));
  // What the rounded bias really gives, so that its rounding does not reach the score.
  const powers = Array.from(bias, (value) => Math.exp(value / constantTemperature));
  const powerSum = powers.reduce((a, b) => a + b, 0);
  const transform = new Float32Array(count * count);
  coefficients.forEach((value, index) => {
    transform[index * count + index] = value / (Math.fround(logitScale) * (powers[index] / powerSum));
  });
  const layers = [{ weight: new Float32Array(count * hiddenSize), bias }];
  return { layers, transform, logitScale, temperature: constantTemperature };
}

/** The same gate with hidden layers of one width: outputs that are always 0 change nothing. */
function equallyWide(layers: readonly DenseLayer[], hiddenSize: number): readonly DenseLayer[] {
  const outputs = layers.reduce<number[]>(
    (sizes, { weight }) => [...sizes, weight.length / (sizes.at(-1) ?? hiddenSize)],
    [],
  );
  const width = Math.max(...outputs.slice(0, -1), 1);
  return layers.map(({ weight, bias }, layer) => {
    const [rows, columns] = [outputs[layer], layer === 0 ? hiddenSize : outputs[layer - 1]];
    const [wantedRows, wantedColumns] = [layer + 1 < layers.length ? width : rows, layer === 0 ? hiddenSize : width];
    if (rows === wantedRows && columns === wantedColumns) return { weight, bias };
    const widened = new Float32Array(wantedRows * wantedColumns);
    for (let row = 0; row < rows; row += 1)
      widened.set(weight.subarray(row * columns, (row + 1) * columns), row * wantedColumns);
    const widenedBias = new Float32Array(wantedRows);
    if (bias !== null) widenedBias.set(bias);
    return { weight: widened, bias: widenedBias };
  });
}
