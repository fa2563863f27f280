import type { CheckpointHead } from './checkpoint';
import { decodableDtypes, isDecodableDtype } from './decodeTensor';
import { expectedTensors, type ExpectedTensor } from './expectedTensors';
import { findLinearHead, findUnknownHead } from './findRewardHead';
import type { ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

export interface TensorsToCheck {
  readonly config: ModelConfig;
  readonly head: CheckpointHead;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** Everything in which the tensors differ from what the configuration says: missing, mis-shaped, unreadable, extra; all of them. */
export function checkTensors({ config, head, tensors }: TensorsToCheck): string[] {
  const problems: string[] = [];
  const expected = expectedTensors(config, head, findLinearHead(tensors));
  const unknownHead = findUnknownHead(config, tensors);
  if (unknownHead !== null) problems.push(unknownHead.problem);
  for (const wanted of expected) {
    const found = tensors.get(wanted.name);
    if (found === undefined) {
      if (wanted.optional !== true) problems.push(`tensor ${wanted.name} is missing (${showShape(wanted)} expected)`);
      continue;
    }
    if (!fits(found.shape, wanted)) {
      problems.push(`tensor ${wanted.name} has the shape [${found.shape.join(', ')}], ${showShape(wanted)} expected`);
    }
    if (!isDecodableDtype(found.dtype)) {
      problems.push(
        `tensor ${wanted.name} is of the unsupported kind ${found.dtype} (supported: ${decodableDtypes()})`,
      );
    }
  }
  const known = new Set([...expected.map(({ name }) => name), ...(unknownHead?.tensors ?? [])]);
  for (const name of tensors.keys()) {
    if (!known.has(name) && !isIgnoredTensor(name))
      problems.push(`tensor ${name} is not part of ${config.architecture}`);
  }
  return problems;
}

/** Tables and masks that older files carry although the model computes them, and what only reads images. */
export function isIgnoredTensor(name: string): boolean {
  return (
    name.endsWith('rotary_emb.inv_freq') ||
    name.endsWith('.num_batches_tracked') ||
    name.endsWith('.attn.bias') ||
    name.endsWith('.attn.masked_bias') ||
    name.endsWith('.attention.bias') ||
    name.endsWith('.attention.masked_bias') ||
    /^(model\.)?(vision_tower|multi_modal_projector)\./.test(name) ||
    /^rope_(freqs|factors_short|factors_long)\.weight$/.test(name)
  );
}

function fits(shape: readonly number[], { shape: wanted, atLeastRows }: ExpectedTensor): boolean {
  if (shape.length === 0) return wanted.length === 1 && wanted[0] === 1;
  return (
    shape.length === wanted.length &&
    wanted.every(
      (size, i) => size === null || shape[i] === size || (i === 0 && atLeastRows === true && size < shape[i]),
    )
  );
}

function showShape({ shape, atLeastRows }: ExpectedTensor): string {
  const sizes = shape.map((size, i) =>
    size === null ? 'any' : i === 0 && atLeastRows === true ? `at least ${size}` : String(size),
  );
  return `[${sizes.join(', ')}]`;
}
