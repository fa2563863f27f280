import type { QuantisationLoss } from './quantisationLoss';
import { BLOCK_SIZE } from './weightFormat';

// Blocks of 32 weights in the layout of com.microsoft.MatMulNBits. The weights are whole blocks of finite numbers; where
// they are not finite, the sums of the result are not.

/** Where blocks go; each from its start. */
export interface BlockTarget {
  readonly values: Uint8Array; // [blocks, 32]
  readonly scales: Float32Array; // [blocks]
}

/** 8 bits, symmetric: w ≈ scale · (q − 128), q from 1 to 255. */
export function quantiseSymmetric8(weights: Float32Array, { values, scales }: BlockTarget): QuantisationLoss {
  let squaredError = 0;
  let squaredSum = 0;
  for (let start = 0, block = 0; start < weights.length; start += BLOCK_SIZE, block++) {
    const end = start + BLOCK_SIZE;
    let largest = 0;
    for (let i = start; i < end; i++) {
      const magnitude = Math.abs(weights[i]);
      if (largest < magnitude) largest = magnitude;
    }
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : 127 / largest;
    scales[block] = scale;
    for (let i = start; i < end; i++) {
      const weight = weights[i];
      const code = (weight * inverse + 128.5) | 0;
      values[i] = code;
      const error = weight - scale * (code - 128);
      squaredError += error * error;
      squaredSum += weight * weight;
    }
  }
  return { squaredError, squaredSum };
}
