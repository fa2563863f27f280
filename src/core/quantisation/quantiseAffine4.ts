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
export type AffineQuantiser = (weights: Float32Array, target: AffineTarget) => QuantisationLoss;

/** Parts of a block's range that are tried; what lies outside is cut off. */
const RANGES = [1, Math.fround(0.92), Math.fround(0.85)] as const;

/** In single precision, operation by operation what quantiseAffine4.wat does: the two give the same bytes. */
export const quantiseAffine4: AffineQuantiser = (weights, target) => {
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

/** What quantiseAffine4.wat exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly quantise: (
    weights: number,
    blocks: number,
    values: number,
    scales: number,
    zeros: number,
  ) => [number, number];
}

/** Weights that the kernel gets at a time. */
const TILE = 1 << 16;

/**
 * The kernel in WebAssembly where there is that, nine times as fast, else the function above. Make one and keep it: each
 * reserves address space.
 */
export function createAffineQuantiser(): AffineQuantiser {
  if (typeof WebAssembly === 'undefined') return quantiseAffine4;
  const bytes = Uint8Array.from(atob(quantiseAffine4Module), (character) => character.charCodeAt(0));
  const { memory, quantise: run } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
    .exports as unknown as Kernel;
  const weightRoom = new Float32Array(memory.buffer, 0, TILE);
  const valueRoom = new Uint8Array(memory.buffer, weightRoom.byteLength, TILE / 2);
  const scaleRoom = new Float32Array(memory.buffer, valueRoom.byteOffset + valueRoom.byteLength, TILE / BLOCK_SIZE);
  const zeroRoom = new Uint8Array(memory.buffer, scaleRoom.byteOffset + scaleRoom.byteLength, TILE / BLOCK_SIZE);
  return (weights, target) => {
    let squaredError = 0;
    let squaredSum = 0;
    for (let start = 0; start < weights.length; start += TILE) {
      const part = weights.subarray(start, start + TILE);
      const first = start / BLOCK_SIZE;
      const blocks = part.length / BLOCK_SIZE;
      weightRoom.set(part);
      const [error, squares] = run(0, blocks, valueRoom.byteOffset, scaleRoom.byteOffset, zeroRoom.byteOffset);
      squaredError += error;
      squaredSum += squares;
      target.values.set(valueRoom.subarray(0, part.length / 2), start / 2);
      target.scales.set(scaleRoom.subarray(0, blocks), first);
      for (let block = 0; block < blocks; block++) putZeroPoint(target, first + block, zeroRoom[block]);
    }
    return { squaredError, squaredSum };
  };
}
