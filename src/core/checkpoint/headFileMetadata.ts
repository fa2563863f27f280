import * as z from 'zod';
import type { HeadFileMetadata } from '../reward/headFile';

/** The key of a head file's metadata under which they stand as JSON. */
export const HEAD_METADATA_KEY = 'alidade';

/** Layers of a gate, the last one included. */
export const MOST_GATE_LAYERS = 16;

const objective = z
  .object({
    name: z.string().min(1).max(200),
    kind: z.enum(['linear', 'logistic', 'computed']),
    compute: z.enum(['log_tokens']).optional(),
    scale: z.object({ min: z.number(), max: z.number(), unit: z.string().optional() }).optional(),
    description: z.string().optional(),
    label: z
      .object({ field: z.string().min(1).max(1000), values: z.record(z.string(), z.number()).optional() })
      .optional(),
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
      reference: z.string().min(1).max(1000).optional(),
      maxTokens: z.int().min(1).optional(),
    }),
    coefficients: z.array(z.number()).optional(),
    gate: z.object({ text: z.string().min(1).max(1000), temperature: z.number().positive() }).optional(),
    data: z.unknown().optional(),
    figures: z.unknown().optional(),
  })
  .refine(({ objectives }) => new Set(objectives.map(({ name }) => name)).size === objectives.length, {
    message: 'two objectives have the same name',
    path: ['objectives'],
  })
  .refine(({ objectives, coefficients }) => coefficients === undefined || coefficients.length === objectives.length, {
    message: 'there is not one for each objective',
    path: ['coefficients'],
  })
  .refine(({ gate, coefficients }) => gate === undefined || coefficients === undefined, {
    message: 'a gate makes the weights of the objectives, so they cannot be given',
    path: ['coefficients'],
  });

/** The metadata, or what does not fit them, in words. */
export type ReadMetadata =
  | { readonly metadata: HeadFileMetadata; readonly problem: null }
  | { readonly metadata: null; readonly problem: string };

/** Checks what is said to describe a head. */
export function readHeadMetadata(json: unknown): ReadMetadata {
  const parsed = metadataSchema.safeParse(json);
  // zod's type allows `undefined` where the key is absent.
  if (parsed.success) return { metadata: parsed.data as HeadFileMetadata, problem: null };
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'metadata'}: ${message}`);
  return { metadata: null, problem: issues.slice(0, 5).join('; ') };
}

/** Objectives with weights in the file: those that are not computed. */
export function countTrained({ objectives }: Pick<HeadFileMetadata, 'objectives'>): number {
  return objectives.filter(({ kind }) => kind !== 'computed').length;
}
