import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import { decodeTensor } from '../../../src/core/checkpoint/decodeTensor';
import { FormatError } from '../../../src/core/formatError';
import type { TensorEntry } from '../../../src/core/checkpoint/tensorEntry';
import { seededRandom } from '../../fixtures/seededRandom';

function entryOf(dtype: string, shape: readonly number[], bytes: Uint8Array, interleavedHeads?: number): TensorEntry {
  const entry = { name: 't', dtype, shape, file: 'x', offset: 0, bytes: bytes.length };
  return interleavedHeads === undefined ? entry : { ...entry, interleavedHeads };
}

/** The same bytes at an odd address. */
function misaligned(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 1);
  room.set(bytes, 1);
  return room.subarray(1);
}

function randomBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => random.below(256));
}

/** IEEE 754 binary16, from the definition. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('decodeTensor', () => {
  it('decodes each of the 65,536 values of F16', () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const bytes = new Uint8Array(halves.buffer);
    // As lists: typed arrays are compared by bits, and a NaN has many.
    const expected = Array.from(halves, halfToNumber);
    assert.deepEqual([...decodeTensor(bytes, entryOf('F16', [256, 256], bytes))], expected);
    assert.deepEqual([...decodeTensor(misaligned(bytes), entryOf('F16', [65_536], bytes))], expected);
  });

  it('decodes each of the 65,536 values of BF16', () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const bytes = new Uint8Array(halves.buffer);
    const view = new DataView(new ArrayBuffer(4));
    const expected = Array.from(halves, (half) => {
      view.setUint16(0, half);
      return view.getFloat32(0);
    });
    assert.deepEqual([...decodeTensor(bytes, entryOf('BF16', [65_536], bytes))], expected);
    assert.deepEqual([...decodeTensor(misaligned(bytes), entryOf('BF16', [65_536], bytes))], expected);
  });

  it('decodes each of the 256 values of both 8-bit floats', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    // E5M2 is the upper half of an F16.
    const expected = Array.from(bytes, (byte) => halfToNumber(byte << 8));
    assert.deepEqual([...decodeTensor(bytes, entryOf('F8_E5M2', [256], bytes))], expected);
    // E4M3: the same digits with one bit less of exponent and another bias, up to 448; only 0x7f and 0xff are no numbers.
    const found = [...decodeTensor(bytes, entryOf('F8_E4M3', [16, 16], bytes))];
    assert.deepEqual(
      [0x00, 0x80, 0x01, 0x07, 0x08, 0x38, 0x39, 0xb8, 0x7e, 0xfe, 0x7f, 0xff].map((byte) => found[byte]),
      [0, -0, 2 ** -9, 7 * 2 ** -9, 2 ** -6, 1, 1.125, -1, 448, -448, NaN, NaN],
    );
    const positive = found.slice(0, 127);
    for (let i = 1; i < positive.length; i++) assert.ok(positive[i - 1] < positive[i]);
    const upper = (byte: number): number => halfToNumber(((byte & 0x80) << 8) | ((byte & 0x7f) << 7)) * 2 ** 8;
    for (let byte = 0; byte < 256; byte++) if ((byte & 127) !== 127) assert.equal(found[byte], upper(byte));
  });

  it('decodes F32 and F64 from any address, into memory of its own', () => {
    const values = [1.5, -0, 1e-40, Infinity, Math.PI];
    const single = new Uint8Array(new Float32Array(values).buffer);
    const double = new Uint8Array(new Float64Array(values).buffer);
    const decoded = decodeTensor(single, entryOf('F32', [5], single));
    assert.deepEqual(decoded, new Float32Array(values));
    assert.notEqual(decoded.buffer, single.buffer);
    assert.deepEqual(decodeTensor(misaligned(single), entryOf('F32', [5], single)), new Float32Array(values));
    assert.deepEqual(decodeTensor(misaligned(double), entryOf('F64', [5], double)), new Float32Array(values));
  });

  it('decodes Q4_1 as block scale times nibble plus minimum', () => {
    const bytes = randomBytes(20 * 64, 4);
    for (let block = 0; block < 64; block++) {
      bytes[block * 20 + 1] &= 0xbf; // finite scales
      bytes[block * 20 + 3] &= 0xbf;
    }
    const view = new DataView(bytes.buffer);
    const expected = Float32Array.from({ length: 64 * 32 }, (_, i) => {
      const at = Math.floor(i / 32) * 20;
      const inBlock = i % 32;
      const pair = bytes[at + 4 + (inBlock % 16)];
      const nibble = inBlock < 16 ? pair & 15 : pair >> 4;
      return halfToNumber(view.getUint16(at, true)) * nibble + halfToNumber(view.getUint16(at + 2, true));
    });
    assert.deepEqual(decodeTensor(bytes, entryOf('Q4_1', [8, 256], bytes)), expected);
    assert.deepEqual(decodeTensor(misaligned(bytes), entryOf('Q4_1', [8, 256], bytes)), expected);
  });

  it('decodes Q8_0 as block scale times signed byte', () => {
    const bytes = randomBytes(34 * 64, 5);
    for (let block = 0; block < 64; block++) bytes[block * 34 + 1] &= 0xbf;
    const view = new DataView(bytes.buffer);
    const expected = Float32Array.from({ length: 64 * 32 }, (_, i) => {
      const at = Math.floor(i / 32) * 34;
      return halfToNumber(view.getUint16(at, true)) * view.getInt8(at + 2 + (i % 32));
    });
    assert.deepEqual(decodeTensor(bytes, entryOf('Q8_0', [64, 32], bytes)), expected);
    assert.deepEqual(decodeTensor(misaligned(bytes), entryOf('Q8_0', [64, 32], bytes)), expected);
  });

  it('puts rows that llama.cpp interleaved back into halves, weights and biases alike', () => {
    // convert_hf_to_gguf.py: reshape(heads, 2, headDim / 2, width).swapaxes(1, 2)
    const heads = 3;
    const headDim = 8;
    const width = 5;
    const original = Float32Array.from({ length: heads * headDim * width }, (_, i) => i);
    const permuted = new Float32Array(original.length);
    for (let head = 0; head < heads; head++) {
      for (let half = 0; half < 2; half++) {
        for (let i = 0; i < headDim / 2; i++) {
          const from = (head * headDim + half * (headDim / 2) + i) * width;
          permuted.set(original.subarray(from, from + width), (head * headDim + i * 2 + half) * width);
        }
      }
    }
    const bytes = new Uint8Array(permuted.buffer);
    assert.deepEqual(decodeTensor(bytes, entryOf('F32', [heads * headDim, width], bytes, heads)), original);
    const bias = new Uint8Array(Float32Array.of(0, 2, 1, 3).buffer);
    assert.deepEqual(decodeTensor(bias, entryOf('F32', [4], bias, 1)), Float32Array.of(0, 1, 2, 3));
  });

  it('refuses kinds that it cannot decode by name, and bytes of another length', () => {
    const bytes = new Uint8Array(144);
    const isUnsupported = (error: unknown): boolean =>
      error instanceof AlidadeError && error.code === 'unsupported' && error.message.includes('IQ2_XXS');
    assert.throws(() => decodeTensor(bytes, entryOf('IQ2_XXS', [256], bytes)), isUnsupported);
    assert.throws(() => decodeTensor(bytes.subarray(1), entryOf('F32', [36], bytes)), FormatError);
    assert.throws(() => decodeTensor(bytes, entryOf('F32', [12, 3], bytes, 8)), FormatError);
  });
});
