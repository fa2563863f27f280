import { FormatError } from '../formatError';
import type { HeadFileMetadata } from '../reward/headFile';
import type { ByteSource } from './byteSource';
import { HEAD_METADATA_KEY, MOST_GATE_LAYERS, readHeadMetadata } from './headFileMetadata';
import { readSafetensorsHeader } from './readSafetensorsHeader';

/** What a head file says of itself before its weights. */
export interface HeadHeader {
  readonly metadata: HeadFileMetadata;
  /** Inputs of the gate's first layer, and the outputs of each; null: it has no gate. */
  readonly gateShape: readonly number[] | null;
}

/**
 * Reads the header of a head file alone: its weights may still be wrong.
 * @throws FormatError when it is none.
 */
export async function readHeadHeader(source: ByteSource): Promise<HeadHeader> {
  const { metadata, tensors } = await readSafetensorsHeader(source);
  const text = metadata.get(HEAD_METADATA_KEY);
  if (text === undefined) {
    throw new FormatError({
      problem: `not a head file: the metadata have no key "${HEAD_METADATA_KEY}"`,
      file: source.path,
    });
  }
  const read = readHeadMetadata(parseJson(text));
  if (read.metadata === null) {
    const problem = `the head is not described as it should be: ${read.problem}`;
    throw new FormatError({ problem, file: source.path });
  }
  if (read.metadata.gate === undefined) return { metadata: read.metadata, gateShape: null };
  const outputs: number[] = [];
  for (let layer = 0; layer < MOST_GATE_LAYERS; layer += 1) {
    const rows = tensors.get(`gating.layers.${layer}.weight`)?.shape[0];
    if (rows === undefined) break;
    outputs.push(rows);
  }
  return { metadata: read.metadata, gateShape: [read.metadata.body.hiddenSize, ...outputs] };
}

/** undefined, which describes nothing, for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
