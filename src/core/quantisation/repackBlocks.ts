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

/** Blocks of a GGUF file in the layout of com.microsoft.MatMulNBits; w = scale · (q − 2^(bits − 1)) + offset. */
export function repackBlocks(
  { bytes, dtype, rows, inputs }: { bytes: Uint8Array; dtype: string; rows: number; inputs: number },
  target: RepackedBlocks,
): void {
  const half = halfReader();
  const { values, scales, offsets } = target;
  const rowBlocks = inputs / BLOCK_SIZE;
  const blockBytes = bytes.length / (rows * rowBlocks);
  const dataOffset = dtype === 'Q4_1' ? 4 : 2;
  for (let block = 0, at = 0; block < rows * rowBlocks; block++, at += blockBytes) {
    const scale = half(bytes[at] | (bytes[at + 1] << 8));
    scales[block] = scale;
    const data = at + dataOffset;
    if (dtype === 'Q8_0') {
      // Two's complement to offset binary.
      for (let i = 0; i < BLOCK_SIZE; i++) values[block * BLOCK_SIZE + i] = bytes[data + i] ^ 0x80;
      continue;
    }
    // GGUF has the first half of the block in the low nibbles, MatMulNBits the even elements.
    for (let i = 0; i < 8; i++) {
      const [even, odd] = [bytes[data + 2 * i], bytes[data + 2 * i + 1]];
      values[block * 16 + i] = (even & 15) | ((odd & 15) << 4);
      values[block * 16 + 8 + i] = (even >>> 4) | (odd & 0xf0);
    }
    if (offsets !== null) {
      const minimum = half(bytes[at + 2] | (bytes[at + 3] << 8));
      const row = Math.floor(block / rowBlocks);
      offsets[(block % rowBlocks) * target.columns + target.firstRow + row] = minimum + 8 * scale;
    }
  }
}
