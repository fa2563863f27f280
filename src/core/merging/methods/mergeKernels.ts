import { mergeKernelsModule } from './mergeKernelsModule';
import type { FloatDtype } from './tensorMerge';

/** A place in the memory of the kernels, in bytes. */
export type Address = number;

/**
 * What mergeKernels.as.ts exports, where each is described: arithmetic on vectors of doubles. Places are addresses,
 * counts are of values; formats are as `dtypeCodes` says.
 */
interface KernelFunctions {
  decode(dtype: number, from: Address, to: Address, count: number): void;
  decodeDifference(dtype: number, from: Address, base: Address, to: Address, count: number): void;
  encode(dtype: number, from: Address, to: Address, count: number): void;
  round(dtype: number, vector: Address, count: number): void;
  startTerm(dtype: number, from: Address, weight: number, sum: Address, count: number): void;
  addTerm(dtype: number, from: Address, weight: number, sum: Address, count: number): void;
  zero(vector: Address, count: number): void;
  add(a: Address, b: Address, to: Address, count: number): void;
  subtract(a: Address, b: Address, to: Address, count: number): void;
  multiply(a: Address, b: Address, to: Address, count: number): void;
  scale(a: Address, factor: number, to: Address, count: number): void;
  divide(a: Address, divisor: number, to: Address, count: number): void;
  addScaled(a: Address, factor: number, to: Address, count: number): void;
  combine(a: Address, p: number, b: Address, q: number, to: Address, count: number): void;
  addProduct(a: Address, b: Address, to: Address, count: number): void;
  divideBy(a: Address, b: Address, to: Address, count: number): void;
  sizeAtLeast(a: Address, least: number, to: Address, count: number): void;
  reciprocal(a: Address, factor: number, to: Address, count: number): void;
  clamp(a: Address, count: number): void;
  complement(a: Address, to: Address, count: number): void;
  variance(vectors: Address, stride: number, n: number, to: Address, count: number): void;
  dot(a: Address, b: Address, count: number): number;
  sum(a: Address, count: number): number;
  sumOfSizes(a: Address, count: number): number;
  countKeys(vector: Address, count: number, counter: Address): void;
  keepBand(vector: Address, count: number, band: Address): void;
  keepByChance(vector: Address, count: number, probability: number, key0: number, key1: number, start: number): void;
  keepByRank(
    vector: Address,
    count: number,
    least: number,
    step: number,
    key0: number,
    key1: number,
    start: number,
    scratch: Address,
  ): void;
  elect(
    isExact: number,
    vectors: Address,
    stride: number,
    n: number,
    weights: Address,
    total: Address,
    divisor: Address,
    count: number,
  ): void;
  keepSign(vector: Address, votes: Address, count: number): void;
  keepAtLeast(vector: Address, sizes: Address, least: number, count: number): void;
  toOrdered(vector: Address, to: Address, count: number): void;
  keepWhere(vector: Address, mask: Address, count: number): void;
  countNonZero(vector: Address, count: number): number;
  addWhere(vector: Address, weight: number, to: Address, count: number): void;
  oneForZero(vector: Address, count: number): void;
}

/** How the kernels call the number formats. */
export const dtypeCodes: Readonly<Record<FloatDtype, number>> = { F32: 0, F16: 1, BF16: 2 };

/** Bytes of a value. */
export const dtypeBytes: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** The arithmetic of one thread with its memory, which only grows: make one and merge all tensors with it. */
export interface MergeKernels extends KernelFunctions {
  /** Forgets all that was reserved. */
  reset(): void;
  /** Memory for as many bytes, aligned to 16; its contents are what they happen to be. */
  reserve(bytes: number): Address;
  /** Valid until something more is reserved. */
  bytes(address: Address, length: number): Uint8Array;
  /** Valid until something more is reserved. */
  floats(address: Address, length: number): Float64Array;
  /** Valid until something more is reserved. */
  counts(address: Address, length: number): Uint32Array;
  /** Valid until something more is reserved. */
  words(address: Address, length: number): BigUint64Array;
}

const PAGE = 1 << 16;

/** Fails where there is no WebAssembly with 128-bit vectors; Node and every editor since 2021 have it. */
export function createMergeKernels(): MergeKernels {
  const code = Uint8Array.from(atob(mergeKernelsModule), (character) => character.charCodeAt(0));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, ...functions } = instance.exports as unknown as KernelFunctions & { memory: WebAssembly.Memory };
  let end = 16; // nothing lies at 0
  return {
    ...functions,
    reset: () => {
      end = 16;
    },
    reserve: (bytes) => {
      const address = end;
      end += Math.ceil(bytes / 16) * 16;
      const missing = end - memory.buffer.byteLength;
      if (0 < missing) memory.grow(Math.ceil(missing / PAGE));
      return address;
    },
    bytes: (address, length) => new Uint8Array(memory.buffer, address, length),
    floats: (address, length) => new Float64Array(memory.buffer, address, length),
    counts: (address, length) => new Uint32Array(memory.buffer, address, length),
    words: (address, length) => new BigUint64Array(memory.buffer, address, length),
  };
}
