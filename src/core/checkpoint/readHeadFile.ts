import { FormatError } from '../formatError';
import type { HeadFile, HeadFileMetadata, HeadGateWeights } from '../reward/headFile';
import type { DenseLayer } from '../reward/gatedHead';
import type { ByteSource } from './byteSource';
import { decodeTensor } from './decodeTensor';
import { countTrained, HEAD_METADATA_KEY, MOST_GATE_LAYERS, readHeadMetadata } from './headFileMetadata';
import { readSafetensorsHeader, type SafetensorsHeader } from './readSafetensorsHeader';

/** Bytes; 19 objectives with ArmoRM's gate on a body of 4,096 have 26 MB. */
const maximumHeadLength = 512_000_000;

/**
 * Reads a head file: one safetensors file with JSON under the metadata key `alidade`, and the tensors that `HeadFile` and
 * `HeadGateWeights` name.
 * @throws FormatError naming what does not fit.
 */
export async function readHeadFile(source: ByteSource): Promise<HeadFile> {
  const file = source.path;
  if (maximumHeadLength < source.size)
    throw new FormatError({ problem: `${source.size} bytes are too many for a head file`, file });
  const header = await readSafetensorsHeader(source);
  const metadata = parseMetadata(header.metadata.get(HEAD_METADATA_KEY), file);
  const trained = countTrained(metadata);
  const weight = await readValues({ source, header, name: 'weight', shape: [trained, metadata.body.hiddenSize] });
  const bias = await readValues({ source, header, name: 'bias', shape: [trained] });
  return { path: file, metadata, weight, bias, gate: await readGate(source, header, metadata) };
}

function parseMetadata(text: string | undefined, file: string): HeadFileMetadata {
  if (text === undefined) {
    throw new FormatError({
      problem: `not a head file: the metadata have no key "${HEAD_METADATA_KEY}"`,
      file,
      hint: 'give a head file with --head and the checkpoint it sits on with --model',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ problem: `the metadata key "${HEAD_METADATA_KEY}" is not JSON`, file, cause });
  }
  const { metadata, problem } = readHeadMetadata(json);
  if (metadata !== null) return metadata;
  throw new FormatError({ problem: `the head is not described as it should be: ${problem}`, file });
}

/** The gate that the metadata describe. Tensors of one without a description are an error: the score would lack them. */
async function readGate(
  source: ByteSource,
  header: SafetensorsHeader,
  { gate, objectives, body }: HeadFileMetadata,
): Promise<HeadGateWeights | null> {
  const file = source.path;
  const layerCount = [...header.tensors.keys()].filter((name) => /^gating\.layers\.\d+\.weight$/.test(name)).length;
  if (gate === undefined) {
    const stray = [...header.tensors.keys()].find((name) => /^gating\.|^reward_transform_matrix$/.test(name));
    if (stray === undefined) return null;
    throw new FormatError({ problem: 'the metadata describe no gate', file, tensor: stray });
  }
  const count = objectives.length;
  const transform = await readValues({ source, header, name: 'reward_transform_matrix', shape: [count, count] });
  if (layerCount === 0 || MOST_GATE_LAYERS < layerCount) {
    throw new FormatError({ problem: `a gate of ${layerCount} layers; 1 to ${MOST_GATE_LAYERS} are possible`, file });
  }
  const layers: DenseLayer[] = [];
  let width = body.hiddenSize;
  for (let layer = 0; layer < layerCount; layer += 1) {
    const name = `gating.layers.${layer}`;
    const outputs = layer + 1 < layerCount ? Math.max(1, header.tensors.get(`${name}.weight`)?.shape[0] ?? 1) : count;
    const weight = await readValues({ source, header, name: `${name}.weight`, shape: [outputs, width] });
    const bias = await readValues({ source, header, name: `${name}.bias`, shape: [outputs] });
    layers.push({ weight, bias });
    width = outputs;
  }
  const [logitScale] = await readValues({ source, header, name: 'gating.logit_scale', shape: [1] });
  return { transform, layers, logitScale };
}

interface ValuesParams {
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor of exactly this shape with finite values; absent counts as empty where nothing was trained. */
async function readValues({ source, header, name, shape }: ValuesParams): Promise<Float32Array> {
  const file = source.path;
  const entry = header.tensors.get(name);
  if (entry === undefined) {
    if (shape[0] === 0) return new Float32Array(0);
    throw new FormatError({ problem: `the tensor is missing ([${shape.join(', ')}] expected)`, file, tensor: name });
  }
  const { offset } = entry;
  if (entry.shape.length !== shape.length || entry.shape.some((size, i) => size !== shape[i])) {
    const problem = `the shape is [${entry.shape.join(', ')}], the objectives and the body need [${shape.join(', ')}]`;
    throw new FormatError({ problem, file, tensor: name, offset });
  }
  const values = decodeTensor(await source.read(offset, entry.bytes), entry);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (0 <= bad) throw new FormatError({ problem: `value ${bad} is not finite`, file, tensor: name, offset });
  return values;
}
