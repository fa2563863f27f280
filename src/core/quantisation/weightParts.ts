import { BLOCK_SIZE } from './weightFormat';
import type { WeightFormat } from './weightFormat';

export type PartName = 'values' | 'scales' | 'zeroPoints' | 'offsets';

/** One of the tensors that a stored weight consists of. */
export interface WeightPart {
  readonly name: PartName;
  readonly type: 'float32' | 'float16' | 'int8' | 'uint8';
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Whether the outputs of the weight are the last axis: then what is made of some rows does not lie together. */
  readonly outputsLast: boolean;
}

/** The tensors of a weight of this shape in a format, in the order in which they are stored. */
export function weightParts(format: WeightFormat, shape: readonly number[]): WeightPart[] {
  if (format.kind === 'dense') return [part('values', format.type, shape)];
  const [outputs, inputs] = shape;
  if (format.kind === 'channels') {
    return [part('values', 'int8', [inputs, outputs], true), part('scales', 'float32', [outputs])];
  }
  const blocks = inputs / BLOCK_SIZE;
  const parts = [
    part('values', 'uint8', [outputs, blocks, (BLOCK_SIZE * format.bits) / 8]),
    part('scales', 'float32', [outputs * blocks]),
  ];
  if (format.zeroPoints) parts.push(part('zeroPoints', 'uint8', [outputs * Math.ceil((blocks * format.bits) / 8)]));
  if (format.offsets) parts.push(part('offsets', 'float32', [blocks, outputs], true));
  return parts;
}

const bytesOfType = { float32: 4, float16: 2, int8: 1, uint8: 1 } as const;

function part(name: PartName, type: WeightPart['type'], shape: readonly number[], outputsLast = false): WeightPart {
  const elements = shape.reduce((product, size) => product * size, 1);
  return { name, type, shape, bytes: elements * bytesOfType[type], outputsLast };
}
