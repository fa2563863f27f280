import * as z from 'zod';
import { FormatError } from '../formatError';
import type { HeadFile, HeadFileMetadata } from '../reward/headFile';
import type { ByteSource } from './byteSource';
import { decodeTensor } from './decodeTensor';
import { readSafetensorsHeader, type SafetensorsHeader } from './readSafetensorsHeader';

/** Bytes; 19 objectives on a body of 16,384 have 1.3 MB. */
const maximumHeadLength = 512_000_000;

const objective = z
  .object({
    name: z.string().min(1).max(200),
    kind: z.enum(['linear', 'logistic', 'computed']),
    compute: z.enum(['log_tokens']).optional(),
    scale: z.object({ min: z.number(), max: z.number(), unit: z.string().optional() }).optional(),
    description: z.string().optional(),
  })
  .refine(({ kind, compute }) => (kind === 'computed') === (compute !== undefined), {
    message: 'computed objectives, and only those, name what they compute',
  })
  .refine(({ scale }) => scale === undefined || scale.min < scale.max, { message: 'the scale runs backwards' });

const metadataSchema = z
  .object({
    version: z.literal(1),
    name: z.string().min(1),
    objectives: z.array(objective).min(1).max(4096),
    pooling: z.object({
      kind: z.enum(['last', 'mean']),
      layer: z.union([z.literal('final'), z.int().min(0).max(1024)]),
    }),
    body: z.object({
      name: z.string(),
      hiddenSize: z
        .int()
        .min(1)
        .max(1 << 20),
      hash: z.string().optional(),
    }),
    data: z.unknown().optional(),
    figures: z.unknown().optional(),
  })
  .refine(({ objectives }) => new Set(objectives.map(({ name }) => name)).size === objectives.length, {
    message: 'two objectives have the same name',
    path: ['objectives'],
  });

/**
 * Reads a head file: one safetensors file with JSON under the metadata key `alidade`, and `weight` and `bias`.
 * @throws FormatError naming what does not fit.
 */
export async function readHeadFile(source: ByteSource): Promise<HeadFile> {
  const file = source.path;
  if (maximumHeadLength < source.size)
    throw new FormatError({ problem: `${source.size} bytes are too many for a head file`, file });
  const header = await readSafetensorsHeader(source);
  const metadata = parseMetadata(header.metadata.get('alidade'), file);
  const trained = metadata.objectives.filter(({ kind }) => kind !== 'computed').length;
  const weight = await readValues({ source, header, name: 'weight', shape: [trained, metadata.body.hiddenSize] });
  const bias = await readValues({ source, header, name: 'bias', shape: [trained] });
  return { path: file, metadata, weight, bias, gate: null };
}

function parseMetadata(text: string | undefined, file: string): HeadFileMetadata {
  if (text === undefined) {
    throw new FormatError({
      problem: 'not a head file: the metadata have no key "alidade"',
      file,
      hint: 'give a head file with --head and the checkpoint it sits on with --model',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ problem: 'the metadata key "alidade" is not JSON', file, cause });
  }
  const parsed = metadataSchema.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'metadata'}: ${message}`);
    throw new FormatError({
      problem: `the head is not described as it should be: ${issues.slice(0, 5).join('; ')}`,
      file,
    });
  }
  // Checked above; zod's type allows `undefined` where the key is absent.
  return parsed.data as HeadFileMetadata;
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
