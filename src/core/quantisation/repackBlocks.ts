import { sixBitMinimum, sixBitScale } from '../checkpoint/ggmlSuperBlocks';
import { halfReader } from '../checkpoint/halfPrecision';
import { BLOCK_SIZE } from './weightFormat';

export interface RepackedBlocks {
  readonly values: Uint8Array; // [rows, inputs · bits / 8]
  readonly scales: Float32Array; // [rows, inputs / 32]
  /** [blocks of a row, columns], of which these rows fill the columns from `firstRow`; null: the kind has none. */
  readonly offsets: Float32Array | null;
  readonly columns: number;
  readonly firstRow: number;
}

/** Whole rows of a GGUF tensor. */
export interface GgufRows {
  readonly bytes: Uint8Array;
  readonly dtype: string;
  readonly rows: number;
  readonly inputs: number;
}

/**
 * Blocks of Q4_0, Q4_1, Q4_K and Q8_0 in the layout of com.microsoft.MatMulNBits, nothing lost:
 * w = scale · (q − 2^(bits − 1)) + offset.
 */
export function repackBlocks(source: GgufRows, target: RepackedBlocks): void {
  switch (source.dtype) {
    case 'Q8_0':
      return repackEightBits(source, target);
    case 'Q4_K':
      return repackSuperBlocks(source, target);
    default:
      return repackFourBits(source, target);
  }
}

/** Q4_0: d, nibbles. Q4_1: d, m, nibbles. */
function repackFourBits({ bytes, dtype, inputs }: GgufRows, target: RepackedBlocks): void {
  const half = halfReader();
  const { values, scales, offsets } = target;
  const data = dtype === 'Q4_1' ? 4 : 2;
  const blockBytes = data + 16;
  for (let block = 0, at = 0; at < bytes.length; block++, at += blockBytes) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    scales[block] = scale;
    // GGUF has the first half of the block in the low nibbles, MatMulNBits the even weights.
    for (let i = 0; i < 8; i++) {
      const even = bytes[at + data + 2 * i];
      const odd = bytes[at + data + 2 * i + 1];
      values[block * 16 + i] = (even & 15) | ((odd & 15) << 4);
      values[block * 16 + 8 + i] = (even >>> 4) | (odd & 0xf0);
    }
    if (offsets !== null) {
      const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
      offsets[offsetIndex(block, inputs, target)] = minimum + 8 * scale;
    }
  }
}

/** d, dmin, 12 bytes of scales and minima, 128 bytes of nibbles: eight blocks of 32, two of them in 32 bytes. */
function repackSuperBlocks({ bytes, inputs }: GgufRows, target: RepackedBlocks): void {
  const half = halfReader();
  const { values, scales, offsets } = target;
  for (let at = 0, first = 0; at < bytes.length; at += 144, first += 8) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
    for (let part = 0; part < 8; part++) {
      const block = first + part;
      const partScale = scale * sixBitScale(bytes, at + 4, part);
      scales[block] = partScale;
      const data = at + 16 + (part >>> 1) * 32;
      const shift = (part & 1) * 4;
      for (let i = 0; i < 16; i++) {
        const even = (bytes[data + 2 * i] >>> shift) & 15;
        values[block * 16 + i] = even | (((bytes[data + 2 * i + 1] >>> shift) & 15) << 4);
      }
      const offset = 8 * partScale - minimum * sixBitMinimum(bytes, at + 4, part);
      if (offsets !== null) offsets[offsetIndex(block, inputs, target)] = offset;
    }
  }
}

/** d, 32 signed bytes. */
function repackEightBits({ bytes }: GgufRows, { values, scales }: RepackedBlocks): void {
  const half = halfReader();
  for (let block = 0, at = 0; at < bytes.length; block++, at += 34) {
    scales[block] = half(bytes[at] | (bytes[at + 1] << 8));
    // Two's complement to offset binary.
    for (let i = 0; i < BLOCK_SIZE; i++) values[block * BLOCK_SIZE + i] = bytes[at + 2 + i] ^ 0x80;
  }
}

/** Where the offset of a block stands: [blocks of a row, columns]. */
function offsetIndex(block: number, inputs: number, { columns, firstRow }: RepackedBlocks): number {
  const rowBlocks = inputs / BLOCK_SIZE;
  const column = block % rowBlocks;
  return column * columns + firstRow + (block - column) / rowBlocks;
}
