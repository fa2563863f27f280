import { decodeValues } from '../checkpoint/decodeTensor';
import type { QuantisationLoss } from './quantisationLoss';
import type { BlockTarget } from './quantiseBlocks';
import { quantiseAffine4Module } from './quantiseAffine4Module';
import { BLOCK_SIZE } from './weightFormat';

/** Where blocks with zero points go; each from its start. */
export interface AffineTarget extends BlockTarget {
  readonly zeroPoints: Uint8Array; // [rows, ⌈rowBlocks / 2⌉], two a byte
  readonly rowBlocks: number;
}

/**
 * 4 bits between the least and the largest weight of a block: w ≈ scale · (q − zero). Of several ranges the one with the
 * least squared error is taken, with the scale that fits its codes best. The weights are whole rows of finite numbers;
 * where they are not finite, the sums of the result are not.
 */
export type QuantiseAffine = (weights: Float32Array, target: AffineTarget) => QuantisationLoss;

/** Parts of a block's range that are tried; what lies outside is cut off. */
const RANGES = [1, Math.fround(0.92), Math.fround(0.85)] as const;

/** In single precision, operation by operation what quantiseAffine4.wat does: the two give the same bytes. */
export const quantiseAffine4: QuantiseAffine = (weights, target) => {
  const f = Math.fround;
  const products = new Float32Array(4); // four sums side by side, as a vector has them
  const squares = new Float32Array(4);
  let squaredError = 0;
  let squaredSum = 0;
  for (let start = 0, block = 0; start < weights.length; start += BLOCK_SIZE, block++) {
    const end = start + BLOCK_SIZE;
    let least = 0;
    let largest = 0;
    squares.fill(0);
    for (let i = start; i < end; i++) {
      const weight = weights[i];
      if (weight < least) least = weight;
      if (largest < weight) largest = weight;
      squares[i & 3] += f(weight * weight);
    }
    const weightSquares = sum(squares);
    const range = f(largest - least);
    const zero = 0 < range ? nearest(f(f(-least * 15) / range)) : 0;
    let best = { gain: 0, inverse: 0, scale: 0 };
    for (const part of RANGES) {
      const inverse = f(15 / f(range * part));
      products.fill(0);
      squares.fill(0);
      for (let i = start; i < end; i++) {
        const code = quantise(weights[i], inverse, zero) - zero;
        products[i & 3] += f(weights[i] * code);
        squares[i & 3] += code * code;
      }
      const [product, square] = [sum(products), sum(squares)];
      // What a block of zeros would have more of squared error.
      const gain = f(f(product * product) / square);
      if (best.gain < gain) best = { gain, inverse, scale: f(product / square) };
    }
    target.scales[block] = best.scale;
    for (let i = start, to = start / 2; i < end; i += 2, to++) {
      const low = quantise(weights[i], best.inverse, zero);
      target.values[to] = low | (quantise(weights[i + 1], best.inverse, zero) << 4);
    }
    putZeroPoint(target, block, zero);
    squaredError += weightSquares - best.gain;
    squaredSum += weightSquares;
  }
  return { squaredError, squaredSum };
};

function quantise(weight: number, inverse: number, zero: number): number {
  return Math.max(0, Math.min(15, nearest(Math.fround(weight * inverse)) + zero));
}

/** To the nearest whole number, halves to the even one; for numbers below 2²². */
function nearest(value: number): number {
  const shift = 1.5 * 2 ** 23;
  return Math.fround(Math.fround(value + shift) - shift);
}

function sum([a, b, c, d]: Float32Array): number {
  return Math.fround(Math.fround(a + b) + Math.fround(c + d));
}

function putZeroPoint({ zeroPoints, rowBlocks }: AffineTarget, block: number, zero: number): void {
  const column = block % rowBlocks;
  const at = ((block - column) / rowBlocks) * Math.ceil(rowBlocks / 2) + (column >> 1);
  zeroPoints[at] = column % 2 === 0 ? zero : zeroPoints[at] | (zero << 4);
}

export interface AffineQuantiser {
  readonly fromFloats: QuantiseAffine;
  /** The same of weights in BF16, given as bytes at any address. */
  readonly fromBf16: (bytes: Uint8Array, target: AffineTarget) => QuantisationLoss;
}

/** What quantiseAffine4.wat exports; places are in bytes. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly quantise: (
    weights: number,
    blocks: number,
    values: number,
    scales: number,
    zeros: number,
  ) => [number, number];
  readonly widen: (from: number, to: number, count: number) => void;
}

/** Weights that the kernel gets at a time. */
const TILE = 1 << 16;
/** Where they lie in its memory, and what is made of them. */
const VALUES = 4 * TILE;
const SCALES = VALUES + TILE / 2;
const ZEROS = SCALES + (4 * TILE) / BLOCK_SIZE;
const HALVES = ZEROS + TILE / BLOCK_SIZE;

/**
 * The kernel in WebAssembly where there is that, several times as fast, else the function above. Make one and keep it:
 * each reserves address space.
 */
export function createAffineQuantiser(): AffineQuantiser {
  if (typeof WebAssembly === 'undefined') {
    const fromBf16: AffineQuantiser['fromBf16'] = (bytes, target) => {
      const weights = new Float32Array(bytes.length / 2);
      decodeValues({ bytes, dtype: 'BF16' }, weights);
      return quantiseAffine4(weights, target);
    };
    return { fromFloats: quantiseAffine4, fromBf16 };
  }
  const code = Uint8Array.from(atob(quantiseAffine4Module), (character) => character.charCodeAt(0));
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as unknown as Kernel;
  const { buffer } = kernel.memory;
  const floats = new Float32Array(buffer, 0, TILE);
  const halves = new Uint8Array(buffer, HALVES, 2 * TILE);
  return {
    fromFloats: (weights, target) =>
      runKernel(kernel, target, weights.length, (start, count) => floats.set(weights.subarray(start, start + count))),
    fromBf16: (bytes, target) =>
      runKernel(kernel, target, bytes.length / 2, (start, count) => {
        halves.set(bytes.subarray(2 * start, 2 * (start + count)));
        kernel.widen(HALVES, 0, count);
      }),
  };
}

function runKernel(
  { memory: { buffer }, quantise }: Kernel,
  target: AffineTarget,
  total: number,
  load: (start: number, count: number) => void,
): QuantisationLoss {
  const zeros = new Uint8Array(buffer, ZEROS, TILE / BLOCK_SIZE);
  let squaredError = 0;
  let squaredSum = 0;
  for (let start = 0; start < total; start += TILE) {
    const count = Math.min(TILE, total - start);
    const first = start / BLOCK_SIZE;
    const blocks = count / BLOCK_SIZE;
    load(start, count);
    const [error, squares] = quantise(0, blocks, VALUES, SCALES, ZEROS);
    squaredError += error;
    squaredSum += squares;
    target.values.set(new Uint8Array(buffer, VALUES, count / 2), start / 2);
    target.scales.set(new Float32Array(buffer, SCALES, blocks), first);
    for (let block = 0; block < blocks; block++) putZeroPoint(target, first + block, zeros[block]);
  }
  return { squaredError, squaredSum };
}
