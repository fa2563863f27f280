import { AlidadeError } from '../alidadeError';
import { FormatError } from '../formatError';
import { countElements } from './countElements';
import { decodeE4M3, decodeE5M2 } from './eightBitFloats';
import { decodeIq4Nl, decodeQ40, decodeQ41, decodeQ50, decodeQ51, decodeQ80 } from './ggmlBlocks';
import { decodeIq4Xs, decodeQ2K, decodeQ3K, decodeQ4K, decodeQ5K, decodeQ6K } from './ggmlSuperBlocks';
import { widenHalves } from './halfPrecision';
import type { TensorEntry } from './tensorEntry';

/** Fills `values` from bytes in one dtype; `bytes` need not be aligned. */
type Decoder = (bytes: Uint8Array, values: Float32Array) => void;

const decoders: Readonly<Record<string, Decoder>> = {
  F32: decodeF32,
  F64: decodeF64,
  F16: decodeF16,
  BF16: decodeBf16,
  F8_E4M3: decodeE4M3,
  F8_E5M2: decodeE5M2,
  Q4_0: decodeQ40,
  Q4_1: decodeQ41,
  Q5_0: decodeQ50,
  Q5_1: decodeQ51,
  Q8_0: decodeQ80,
  Q2_K: decodeQ2K,
  Q3_K: decodeQ3K,
  Q4_K: decodeQ4K,
  Q5_K: decodeQ5K,
  Q6_K: decodeQ6K,
  IQ4_NL: decodeIq4Nl,
  IQ4_XS: decodeIq4Xs,
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
  widenHalves(halves, words);
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
