import { BLOCK_SIZE } from './weightFormat';
import type { QuantisationLoss } from './quantisationLoss';

/** Rows of a weight matrix [outputs, inputs] in F32, row-major. */
export interface MatrixRows {
  readonly values: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
}

/**
 * Symmetric blocks of 32 inputs in the layout of com.microsoft.MatMulNBits: w ≈ scale · (q − 2^(bits − 1)).
 * `values` uint8 [outputs, inputs · bits / 8], low nibble first; `scales` [outputs, inputs / 32].
 */
export function quantiseBlocks(
  { values, outputs, inputs }: MatrixRows,
  bits: 4 | 8,
  target: { readonly values: Uint8Array; readonly scales: Float32Array },
): QuantisationLoss {
  const blocks = (outputs * inputs) / BLOCK_SIZE;
  const zero = 2 ** (bits - 1);
  let squaredError = 0;
  let squaredSum = 0;
  const quants = new Uint8Array(BLOCK_SIZE);
  for (let block = 0; block < blocks; block++) {
    const start = block * BLOCK_SIZE;
    let extreme = 0; // the value of the largest magnitude, with its sign
    for (let i = start; i < start + BLOCK_SIZE; i++) {
      if (Math.abs(extreme) < Math.abs(values[i])) extreme = values[i];
    }
    // The extreme value takes the lowest code, which has no counterpart on the other side.
    const scale = Math.fround(extreme / -zero);
    const inverse = scale === 0 ? 0 : 1 / scale;
    target.scales[block] = scale;
    for (let i = 0; i < BLOCK_SIZE; i++) {
      const value = values[start + i];
      const quant = Math.min(2 * zero - 1, Math.floor(value * inverse + zero + 0.5));
      quants[i] = quant;
      const error = value - scale * (quant - zero);
      squaredError += error * error;
      squaredSum += value * value;
    }
    if (bits === 8) target.values.set(quants, start);
    else for (let i = 0; i < 16; i++) target.values[start / 2 + i] = quants[2 * i] | (quants[2 * i + 1] << 4);
  }
  return { squaredError, squaredSum };
}
