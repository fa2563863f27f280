import type { WeightRole } from '../../core/quantisation/weightFormat';

/** A tensor in a file, in the byte order that ONNX Runtime reads. */
export interface StoredTensor {
  readonly file: string;
  /** Bytes from the start of the file; a multiple of 4. */
  readonly offset: number;
  readonly length: number; // bytes
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float16' | 'int8' | 'uint8';
}

/**
 * A weight as the graph uses it.
 *
 * `dense`: as in the checkpoint, F32 or F16.
 *
 * `channels`: 8 bits, symmetric, one scale an output: W[n, k] = scales[n] · values[k, n]; `values` int8 [inputs, outputs]
 * (turned round, as MatMulInteger wants its right side), `scales` F32 [outputs].
 *
 * `blocks`: 4 or 8 bits in blocks of `blockSize` along the inputs, in the layout of com.microsoft.MatMulNBits:
 * W[n, k] = scales[n, b] · (q − zero[n, b]) + offsets[b, n], b = k / blockSize. `values` uint8 [outputs, blocks,
 * blockSize · bits / 8] (low nibble first), `scales` F32 [outputs · blocks]; `zeroPoints` uint8 (4 bits: two a byte,
 * [outputs · ceil(blocks / 2)]), null: 2^(bits − 1) everywhere; `offsets` F32 [blocks, outputs], null: none: what Q4_1's
 * minima leave over when the zero point is 8, added as blockSum(x) · offsets.
 */
export type StoredWeight =
  | { readonly kind: 'dense'; readonly values: StoredTensor }
  | {
      readonly kind: 'channels';
      readonly outputs: number;
      readonly inputs: number;
      readonly values: StoredTensor;
      readonly scales: StoredTensor;
    }
  | {
      readonly kind: 'blocks';
      readonly bits: 4 | 8;
      readonly blockSize: number;
      readonly outputs: number;
      readonly inputs: number;
      readonly values: StoredTensor;
      readonly scales: StoredTensor;
      readonly zeroPoints: StoredTensor | null;
      readonly offsets: StoredTensor | null;
    };

export type { WeightRole };

/** Every tensor that a weight consists of. */
export function storedTensors(weight: StoredWeight): StoredTensor[] {
  if (weight.kind === 'dense') return [weight.values];
  if (weight.kind === 'channels') return [weight.values, weight.scales];
  const optional = [weight.zeroPoints, weight.offsets].filter((tensor) => tensor !== null);
  return [weight.values, weight.scales, ...optional];
}
