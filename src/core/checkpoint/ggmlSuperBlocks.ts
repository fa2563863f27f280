import { IQ4_LEVELS } from './ggmlBlocks';
import { halfReader } from './halfPrecision';

// Blocks of 256 as ggml-quants.c reads them: one or two F16 scales for the block, and small integers that scale its
// parts of 16 or 32. Each function fills `values` from whole blocks.

/** 16 × (scale | minimum << 4), 64 bytes of 2 bits, d, dmin: parts of 16, d·scale·q − dmin·minimum. */
export function decodeQ2K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 84, to += 256) {
    const scale = half(bytes[at + 80] | (bytes[at + 81] << 8));
    const minimum = half(bytes[at + 82] | (bytes[at + 83] << 8));
    for (let part = 0; part < 16; part++) {
      const packed = bytes[at + part];
      const partScale = scale * (packed & 15);
      const partMinimum = minimum * (packed >>> 4);
      // Eight parts share 32 bytes, two side by side for each pair of bits.
      const data = at + 16 + (part >>> 3) * 32 + (part & 1) * 16;
      const shift = ((part >>> 1) & 3) * 2;
      for (let i = 0; i < 16; i++) {
        values[to + part * 16 + i] = partScale * ((bytes[data + i] >>> shift) & 3) - partMinimum;
      }
    }
  }
}

/** 32 bytes of third bits, 64 of 2 bits, 16 scales of 6 bits in 12 bytes, d: parts of 16, d·(scale − 32)·(q − 4). */
export function decodeQ3K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 110, to += 256) {
    const scale = half(bytes[at + 108] | (bytes[at + 109] << 8));
    for (let part = 0; part < 16; part++) {
      const low = (bytes[at + 96 + (part & 7)] >>> (part < 8 ? 0 : 4)) & 15;
      const high = (bytes[at + 104 + (part & 3)] >>> ((part >>> 2) * 2)) & 3;
      const partScale = scale * ((low | (high << 4)) - 32);
      const column = (part & 1) * 16;
      const data = at + 32 + (part >>> 3) * 32 + column;
      const shift = ((part >>> 1) & 3) * 2;
      const highShift = part >>> 1;
      for (let i = 0; i < 16; i++) {
        const third = (bytes[at + column + i] >>> highShift) & 1;
        values[to + part * 16 + i] = partScale * (((bytes[data + i] >>> shift) & 3) + third * 4 - 4);
      }
    }
  }
}

/** d, dmin, 8 scales and minima of 6 bits in 12 bytes, 128 bytes of nibbles: parts of 32, d·scale·q − dmin·minimum. */
export function decodeQ4K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 144, to += 256) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let part = 0; part < 8; part++) {
      const partScale = scale * sixBitScale(bytes, at + 4, part);
      const partMinimum = minimum * sixBitMinimum(bytes, at + 4, part);
      const data = at + 16 + (part >>> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i++) {
        values[to + part * 32 + i] = partScale * ((bytes[data + i] >>> shift) & 15) - partMinimum;
      }
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the nibbles. */
export function decodeQ5K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  for (let at = 0, to = 0; to < values.length; at += 176, to += 256) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let part = 0; part < 8; part++) {
      const partScale = scale * sixBitScale(bytes, at + 4, part);
      const partMinimum = minimum * sixBitMinimum(bytes, at + 4, part);
      const data = at + 48 + (part >>> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const fifth = ((bytes[at + 16 + i] >>> part) & 1) << 4;
        values[to + part * 32 + i] = partScale * (((bytes[data + i] >>> shift) & 15) | fifth) - partMinimum;
      }
    }
  }
}

/** Number `part` of the eight scales of 6 bits (get_scale_min_k4): the last four have their upper bits elsewhere. */
export function sixBitScale(bytes: Uint8Array, at: number, part: number): number {
  return part < 4 ? bytes[at + part] & 63 : (bytes[at + part + 4] & 15) | ((bytes[at + part - 4] >>> 6) << 4);
}

/** Number `part` of the eight minima of 6 bits, in the same 12 bytes. */
export function sixBitMinimum(bytes: Uint8Array, at: number, part: number): number {
  return part < 4 ? bytes[at + part + 4] & 63 : (bytes[at + part + 4] >>> 4) | ((bytes[at + part] >>> 6) << 4);
}

/** 128 bytes of nibbles, 64 of 2 upper bits, 16 signed scales, d: parts of 16, d·scale·(q − 32). */
export function decodeQ6K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0, to = 0; to < values.length; at += 210, to += 256) {
    const scale = half(bytes[at + 208] | (bytes[at + 209] << 8));
    for (let part = 0; part < 16; part++) {
      const partScale = scale * signed[at + 192 + part];
      const side = part >>> 3; // which half of the block
      const quarter = (part >>> 1) & 3; // which 32 of the 128
      const column = (part & 1) * 16;
      const data = at + side * 64 + (quarter & 1) * 32 + column;
      const upper = at + 128 + side * 32 + column;
      const shift = (quarter >>> 1) * 4;
      for (let i = 0; i < 16; i++) {
        const high = ((bytes[upper + i] >>> (quarter * 2)) & 3) << 4;
        values[to + part * 16 + i] = partScale * ((((bytes[data + i] >>> shift) & 15) | high) - 32);
      }
    }
  }
}

/** d, 8 × 2 upper bits of the scales, 8 × 4 lower bits, 128 bytes of nibbles: parts of 32, d·(scale − 32)·level[q]. */
export function decodeIq4Xs(bytes: Uint8Array, values: Float32Array): void {
  const half = halfReader();
  const levels = Int8Array.from(IQ4_LEVELS);
  for (let at = 0, to = 0; to < values.length; at += 136, to += 256) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const upper = bytes[at + 2] | (bytes[at + 3] << 8);
    for (let part = 0; part < 8; part++) {
      const low = (bytes[at + 4 + (part >>> 1)] >>> ((part & 1) * 4)) & 15;
      const partScale = scale * ((low | (((upper >>> (part * 2)) & 3) << 4)) - 32);
      const data = at + 8 + part * 16;
      for (let i = 0; i < 16; i++) {
        const pair = bytes[data + i];
        values[to + part * 32 + i] = partScale * levels[pair & 15];
        values[to + part * 32 + 16 + i] = partScale * levels[pair >>> 4];
      }
    }
  }
}
