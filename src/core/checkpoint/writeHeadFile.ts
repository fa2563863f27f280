import { AlidadeError } from '../alidadeError';
import type { HeadFile } from '../reward/headFile';
import { countTrained, HEAD_METADATA_KEY, MOST_GATE_LAYERS, readHeadMetadata } from './headFileMetadata';
import { writeSafetensors, type SafetensorsTensor } from './writeSafetensors';

/**
 * The bytes of a head file, the same for the same head: what `readHeadFile` reads back, all of it finite.
 * @throws AlidadeError `weights` when the head is not described as it should be, its tensors do not fit what describes
 * them, or a value is not finite.
 */
export function writeHeadFile({ metadata, weight, bias, gate }: Omit<HeadFile, 'path'>): Uint8Array {
  const fail = (problem: string): never => {
    throw new AlidadeError({ code: 'weights', message: `the head ${metadata.name} cannot be written: ${problem}` });
  };
  const { problem } = readHeadMetadata(metadata);
  if (problem !== null) fail(problem);
  if ((metadata.gate === undefined) !== (gate === null)) fail('a gate needs both its description and its weights');
  const trained = countTrained(metadata);
  const tensors: SafetensorsTensor[] = [
    { name: 'weight', shape: [trained, metadata.body.hiddenSize], values: weight },
    { name: 'bias', shape: [trained], values: bias },
    ...(gate === null ? [] : listGateTensors(gate, metadata.body.hiddenSize, metadata.objectives.length)),
  ];
  if (gate !== null && (gate.layers.length === 0 || MOST_GATE_LAYERS < gate.layers.length))
    fail(`a gate of ${gate.layers.length} layers`);
  for (const { name, shape, values } of tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (values.length !== size) fail(`${name} has ${values.length} values, [${shape.join(', ')}] are needed`);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (0 <= bad) fail(`value ${bad} of ${name} is not finite`);
  }
  return writeSafetensors(tensors, { [HEAD_METADATA_KEY]: JSON.stringify(metadata) });
}

/** A layer without a bias gets one of zeros. */
function listGateTensors(
  { transform, layers, logitScale }: NonNullable<HeadFile['gate']>,
  hiddenSize: number,
  objectives: number,
): SafetensorsTensor[] {
  const tensors: SafetensorsTensor[] = [
    { name: 'reward_transform_matrix', shape: [objectives, objectives], values: transform },
  ];
  let width = hiddenSize;
  layers.forEach(({ weight, bias }, layer) => {
    const outputs = layer + 1 < layers.length ? Math.floor(weight.length / width) : objectives;
    const name = `gating.layers.${layer}`;
    tensors.push({ name: `${name}.weight`, shape: [outputs, width], values: weight });
    tensors.push({ name: `${name}.bias`, shape: [outputs], values: bias ?? new Float32Array(outputs) });
    width = outputs;
  });
  tensors.push({ name: 'gating.logit_scale', shape: [1], values: Float32Array.of(logitScale) });
  return tensors;
}
