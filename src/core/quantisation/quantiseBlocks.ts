import type { QuantisationLoss } from './quantisationLoss';
import { BLOCK_SIZE } from './weightFormat';

// Blocks of 32 weights in the layout of com.microsoft.MatMulNBits. The weights are whole blocks of finite numbers; where
// they are not finite, the sums of the result are not.

/** Where blocks go; each from its start. */
export interface BlockTarget {
  readonly values: Uint8Array; // [blocks, 4 · bits], low nibble first
  readonly scales: Float32Array; // [blocks]
}

/** Zero points in 4 bits: two a byte, anew with every row. */
export interface ZeroPointTarget {
  readonly zeroPoints: Uint8Array; // [rows, ⌈rowBlocks / 2⌉]
  readonly rowBlocks: number;
}

/** 4 bits, symmetric: w ≈ scale · (q − 8). The scale is the one that fits the codes best. */
export function quantiseSymmetric4(weights: Float32Array, { values, scales }: BlockTarget): QuantisationLoss {
  let squaredError = 0;
  let squaredSum = 0;
  for (let start = 0, block = 0; start < weights.length; start += BLOCK_SIZE, block++) {
    const end = start + BLOCK_SIZE;
    let largest = 0;
    let extreme = 0; // the weight of the largest magnitude
    for (let i = start; i < end; i++) {
      const magnitude = Math.abs(weights[i]);
      if (largest < magnitude) {
        largest = magnitude;
        extreme = weights[i];
      }
    }
    // The extreme gets the code −8, which has no counterpart on the other side.
    const inverse = extreme === 0 ? 0 : -8 / extreme;
    let squares = 0;
    let products = 0;
    let codeSquares = 0;
    for (let i = start, to = start / 2; i < end; i += 2, to++) {
      const [first, second] = [weights[i], weights[i + 1]];
      const low = Math.min(15, (first * inverse + 8.5) | 0);
      const high = Math.min(15, (second * inverse + 8.5) | 0);
      values[to] = low | (high << 4);
      squares += first * first + second * second;
      products += first * (low - 8) + second * (high - 8);
      codeSquares += (low - 8) * (low - 8) + (high - 8) * (high - 8);
    }
    const scale = codeSquares === 0 ? 0 : products / codeSquares;
    scales[block] = scale;
    squaredSum += squares;
    squaredError += squares - scale * products;
  }
  return { squaredError, squaredSum };
}

/** Parts of a block's range that are tried; what lies outside is cut off. */
const RANGES = [1, 0.92, 0.85] as const;

/**
 * 4 bits between the least and the largest weight of a block: w ≈ scale · (q − zero). Of several ranges the one with the
 * least squared error is taken, with the scale that fits its codes best.
 */
export function quantiseAffine4(
  weights: Float32Array,
  { values, scales, zeroPoints, rowBlocks }: BlockTarget & ZeroPointTarget,
): QuantisationLoss {
  let squaredError = 0;
  let squaredSum = 0;
  const rowBytes = Math.ceil(rowBlocks / 2);
  for (let start = 0, block = 0; start < weights.length; start += BLOCK_SIZE, block++) {
    const end = start + BLOCK_SIZE;
    let least = 0;
    let largest = 0;
    let squares = 0;
    for (let i = start; i < end; i++) {
      const weight = weights[i];
      if (weight < least) least = weight;
      if (largest < weight) largest = weight;
      squares += weight * weight;
    }
    let bestGain = 0; // squared error that a block of zeros would have more
    let bestScale = 0;
    let bestInverse = 0;
    let bestZero = 0;
    for (let trial = 0; trial < RANGES.length && least < largest; trial++) {
      const inverse = 15 / ((largest - least) * RANGES[trial]);
      const zero = Math.min(15, Math.round(-least * RANGES[trial] * inverse));
      let products = 0;
      let codeSquares = 0;
      for (let i = start; i < end; i++) {
        const code = quantise(weights[i], inverse, zero) - zero;
        products += weights[i] * code;
        codeSquares += code * code;
      }
      const gain = codeSquares === 0 ? 0 : (products * products) / codeSquares;
      if (bestGain < gain) {
        bestGain = gain;
        bestScale = products / codeSquares;
        bestInverse = inverse;
        bestZero = zero;
      }
    }
    scales[block] = bestScale;
    for (let i = start, to = start / 2; i < end; i += 2, to++) {
      const low = quantise(weights[i], bestInverse, bestZero);
      values[to] = low | (quantise(weights[i + 1], bestInverse, bestZero) << 4);
    }
    squaredSum += squares;
    squaredError += squares - bestGain;
    const column = block % rowBlocks;
    const at = ((block - column) / rowBlocks) * rowBytes + (column >> 1);
    zeroPoints[at] = column % 2 === 0 ? bestZero : zeroPoints[at] | (bestZero << 4);
  }
  return { squaredError, squaredSum };
}

function quantise(weight: number, inverse: number, zero: number): number {
  const code = Math.floor(weight * inverse + zero + 0.5) | 0;
  return code < 0 ? 0 : 15 < code ? 15 : code;
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
