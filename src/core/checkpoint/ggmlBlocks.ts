import { halfReader } from './halfPrecision';

// Blocks of 32 as ggml-quants.c reads them. Scales d and minima m are F16 at the front of the block. Nibbles: the low
// ones are the first half of the block, the high ones the second. Each function fills `values` from whole blocks.

/** d, 16 bytes of nibbles: d·(q − 8). */
export function decodeQ40(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 18, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i];
      values[to + i] = scale * ((pair & 15) - 8);
      values[to + 16 + i] = scale * ((pair >>> 4) - 8);
    }
  }
}

/** d, m, 16 bytes of nibbles: d·q + m. */
export function decodeQ41(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 20, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i];
      values[to + i] = scale * (pair & 15) + minimum;
      values[to + 16 + i] = scale * (pair >>> 4) + minimum;
    }
  }
}

/** d, 32 fifth bits (little-endian), 16 bytes of nibbles: d·(q − 16). */
export function decodeQ50(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 22, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 6 + i];
      values[to + i] = scale * (((pair & 15) | fifthBit(bytes, at + 2, i)) - 16);
      values[to + 16 + i] = scale * (((pair >>> 4) | fifthBit(bytes, at + 2, 16 + i)) - 16);
    }
  }
}

/** d, m, 32 fifth bits, 16 bytes of nibbles: d·q + m. */
export function decodeQ51(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 24, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 8 + i];
      values[to + i] = scale * ((pair & 15) | fifthBit(bytes, at + 4, i)) + minimum;
      values[to + 16 + i] = scale * ((pair >>> 4) | fifthBit(bytes, at + 4, 16 + i)) + minimum;
    }
  }
}

/** Bit `index` of a little-endian bit field, where the fifth bit of a number stands. */
function fifthBit(bytes: Uint8Array, at: number, index: number): number {
  return ((bytes[at + (index >>> 3)] >>> (index & 7)) & 1) << 4;
}

/** d, 32 signed bytes: d·q. */
export function decodeQ80(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0, to = 0; to < values.length; at += 34, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    for (let i = 0; i < 32; i++) values[to + i] = scale * signed[at + 2 + i];
  }
}

/** The sixteen levels of IQ4_NL and IQ4_XS (ggml-common.h, kvalues_iq4nl). */
export const IQ4_LEVELS: readonly number[] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** d, 16 bytes of nibbles: d·level[q]. */
export function decodeIq4Nl(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const levels = Int8Array.from(IQ4_LEVELS);
  for (let at = 0, to = 0; to < values.length; at += 18, to += 32) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i];
      values[to + i] = scale * levels[pair & 15];
      values[to + 16 + i] = scale * levels[pair >>> 4];
    }
  }
}
