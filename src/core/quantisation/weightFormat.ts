import type { TensorEntry } from '../checkpoint/tensorEntry';
import type { DtypeChoice } from '../device';

/** The number format that a model is asked to compute in. */
export type WeightDtype = Exclude<DtypeChoice, 'auto'>;

/**
 * What a weight is for; the number format depends on it. `linear`: the right side of a product, [outputs, inputs].
 * `embedding`: a table [rows, size] from which rows are taken; it may serve as the language-model head too. `plain`:
 * norms and biases.
 */
export type WeightRole = 'linear' | 'embedding' | 'plain';

/** How a weight is stored for use; the layouts are those of `StoredWeight`. */
export type WeightFormat =
  | { readonly kind: 'dense'; readonly type: 'float32' | 'float16' }
  | { readonly kind: 'channels' }
  | {
      readonly kind: 'blocks';
      readonly bits: 4 | 8;
      readonly zeroPoints: boolean;
      readonly offsets: boolean;
      /** The blocks of the checkpoint as they are: nothing is lost. False: made from the values. */
      readonly exact: boolean;
    };

/** Weights that share a scale, along the inputs. */
export const BLOCK_SIZE = 32;

/** Kinds of GGUF blocks that are blocks of MatMulNBits in other words. */
const exactBlocks: Readonly<Record<string, WeightFormat & { readonly kind: 'blocks' }>> = {
  Q4_0: { kind: 'blocks', bits: 4, zeroPoints: false, offsets: false, exact: true },
  Q4_1: { kind: 'blocks', bits: 4, zeroPoints: false, offsets: true, exact: true },
  Q8_0: { kind: 'blocks', bits: 8, zeroPoints: false, offsets: false, exact: true },
};

const fourBits: WeightFormat = { kind: 'blocks', bits: 4, zeroPoints: false, offsets: false, exact: false };
const eightBits: WeightFormat = { kind: 'blocks', bits: 8, zeroPoints: false, offsets: false, exact: false };

/** The format in which a weight of the checkpoint is stored for a dtype. */
export function chooseWeightFormat(
  { dtype: stored, shape }: Pick<TensorEntry, 'dtype' | 'shape'>,
  role: WeightRole,
  dtype: WeightDtype,
): WeightFormat {
  const dense: WeightFormat = { kind: 'dense', type: dtype === 'f16' ? 'float16' : 'float32' };
  if (dtype === 'f16' || role === 'plain' || shape.length !== 2 || shape[1] % BLOCK_SIZE !== 0) return dense;
  const exact = Object.hasOwn(exactBlocks, stored) ? exactBlocks[stored] : null;
  // GatherBlockQuantized has nothing to add offsets with.
  if (role === 'embedding') return exact !== null && !exact.offsets ? exact : dtype === 'f32' ? dense : eightBits;
  if (dtype === 'int8') return { kind: 'channels' };
  if (dtype === 'f32') return exact ?? dense;
  return exact?.bits === 4 ? exact : fourBits;
}
