import { AlidadeError } from '../alidadeError';
import { FormatError } from '../formatError';
import { countElements } from './countElements';
import type { TensorEntry } from './tensorEntry';

/** Fills `values` from bytes in one dtype; `bytes` need not be aligned. */
type Decoder = (bytes: Uint8Array, values: Float32Array) => void;

const decoders: Readonly<Record<string, Decoder>> = {
  F32: decodeF32,
  F64: decodeF64,
  F16: decodeF16,
  BF16: decodeBf16,
  Q4_1: decodeQ41,
  Q8_0: decodeQ80,
};

/** Whether `decodeTensor` can read this dtype. */
export function isDecodableDtype(dtype: string): boolean {
  return Object.hasOwn(decoders, dtype);
}

/** "F32, F64, …": for messages about what is supported. */
export function decodableDtypes(): string {
  return Object.keys(decoders).join(', ');
}

/**
 * The values of a tensor as float32, row-major; rotary rows of llama.cpp are put back in the order of transformers.
 * `bytes` need not be aligned. The result never shares memory with `bytes`.
 * @throws AlidadeError `unsupported` for other dtypes, FormatError when `bytes` is not of the entry's length.
 */
export function decodeTensor(bytes: Uint8Array, entry: TensorEntry): Float32Array {
  if (!isDecodableDtype(entry.dtype)) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${entry.file}, tensor ${entry.name}: weights of the kind ${entry.dtype} cannot be read`,
      hint: `supported: ${decodableDtypes()}`,
    });
  }
  const { file, name: tensor, offset } = entry;
  if (bytes.length !== entry.bytes) {
    throw new FormatError({ problem: `${bytes.length} bytes given, ${entry.bytes} needed`, file, tensor, offset });
  }
  const values = new Float32Array(countElements(entry.shape) ?? 0);
  const ordered = entry.interleavedHeads === undefined ? bytes : restoreRowOrder(bytes, entry, entry.interleavedHeads);
  decodeValues({ bytes: ordered, dtype: entry.dtype }, values);
  return values;
}

/** Fills `values` with what `bytes` say; of a dtype that `isDecodableDtype` knows. */
export function decodeValues(
  { bytes, dtype }: { readonly bytes: Uint8Array; readonly dtype: string },
  values: Float32Array,
): void {
  decoders[dtype](bytes, values);
}

/** A typed array reads little-endian on every platform that Node runs the model on, but only from aligned memory. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  // Not slice(): on Node's Buffer that is no copy.
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

function decodeF32(bytes: Uint8Array, values: Float32Array): void {
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
}

function decodeF64(bytes: Uint8Array, values: Float32Array): void {
  const source = aligned(bytes, 8);
  values.set(new Float64Array(source.buffer, source.byteOffset, values.length));
}

function decodeBf16(bytes: Uint8Array, values: Float32Array): void {
  const source = aligned(bytes, 2);
  const halves = new Uint16Array(source.buffer, source.byteOffset, values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
}

function decodeF16(bytes: Uint8Array, values: Float32Array): void {
  const source = aligned(bytes, 2);
  const halves = new Uint16Array(source.buffer, source.byteOffset, values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const { mantissas, exponents, offsets } = halfTables();
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const upper = half >>> 10;
    words[i] = mantissas[offsets[upper] + (half & 0x3ff)] + exponents[upper];
  }
}

/** Blocks of 32: scale d (F16), minimum m (F16), 16 bytes of nibbles, low ones first; value = d·q + m. */
function decodeQ41(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const blocks = values.length / 32;
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 20, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i];
      values[to + i] = scale * (pair & 15) + minimum;
      values[to + 16 + i] = scale * (pair >>> 4) + minimum;
    }
  }
}

/** Blocks of 32: scale d (F16), 32 signed bytes; value = d·q. */
function decodeQ80(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = values.length / 32;
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 34, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    for (let i = 0; i < 32; i++) values[to + i] = scale * signed[at + 2 + i];
  }
}

interface HalfTables {
  readonly mantissas: Uint32Array; // [2048]
  readonly exponents: Uint32Array; // [64]
  readonly offsets: Uint16Array; // [64]
}

/** Tables of "Fast Half Float Conversions" (J. van der Zijp, 2012): float32 bits = mantissas[offset + low ten bits] + exponents. */
function halfTables(): HalfTables {
  const mantissas = new Uint32Array(2048);
  for (let i = 1; i < 1024; i++) {
    // Subnormal: shift until the leading one is implicit.
    let mantissa = i << 13;
    let exponent = 0;
    while ((mantissa & 0x00800000) === 0) {
      exponent -= 0x00800000;
      mantissa <<= 1;
    }
    mantissas[i] = (mantissa & ~0x00800000) | (exponent + 0x38800000);
  }
  for (let i = 1024; i < 2048; i++) mantissas[i] = 0x38000000 + ((i - 1024) << 13);
  const exponents = new Uint32Array(64);
  for (let i = 1; i < 31; i++) exponents[i] = i << 23;
  exponents[31] = 0x47800000;
  exponents[32] = 0x80000000;
  for (let i = 33; i < 63; i++) exponents[i] = 0x80000000 + ((i - 32) << 23);
  exponents[63] = 0xc7800000;
  const offsets = new Uint16Array(64).fill(1024);
  offsets[0] = 0;
  offsets[32] = 0;
  return { mantissas, exponents, offsets };
}

/** F16 bits to number. */
export function halfReader(): (half: number) => number {
  const { mantissas, exponents, offsets } = halfTables();
  const word = new Uint32Array(1);
  const value = new Float32Array(word.buffer);
  return (half) => {
    const upper = half >>> 10;
    word[0] = mantissas[offsets[upper] + (half & 0x3ff)] + exponents[upper];
    return value[0];
  };
}

/**
 * llama.cpp stores the rows of each head with the two halves interleaved; transformers has one half after the other:
 * row 2i + half of the file is row half·(headDim/2) + i here. `bytes` are whole heads in any dtype; the result is a copy.
 * @throws FormatError when the rows do not divide into heads with halves.
 */
export function restoreRowOrder(bytes: Uint8Array, entry: TensorEntry, heads: number): Uint8Array {
  const rows = entry.shape[0];
  const headDim = rows / heads;
  if (!Number.isInteger(headDim / 2)) {
    const { file, name: tensor, offset } = entry;
    throw new FormatError({
      problem: `${rows} rows cannot be put in rotary order for ${heads} heads`,
      file,
      tensor,
      offset,
    });
  }
  const width = entry.bytes / rows;
  const restored = new Uint8Array(bytes.length);
  for (let head = 0; head < bytes.length / (headDim * width); head++) {
    for (let row = 0; row < headDim; row++) {
      const from = (head * headDim + row) * width;
      const to = (head * headDim + (row % 2) * (headDim / 2) + (row >> 1)) * width;
      restored.set(bytes.subarray(from, from + width), to);
    }
  }
  return restored;
}
