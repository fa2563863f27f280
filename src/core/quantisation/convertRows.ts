import { decodeValues } from '../checkpoint/decodeTensor';
import { narrowToHalf } from '../checkpoint/halfPrecision';
import type { AffineQuantiser } from './quantiseAffine4';
import { quantiseSymmetric8 } from './quantiseBlocks';
import { quantiseChannels } from './quantiseChannels';
import { addLoss } from './quantisationLoss';
import type { QuantisationLoss } from './quantisationLoss';
import { repackBlocks } from './repackBlocks';
import { BLOCK_SIZE } from './weightFormat';
import type { WeightFormat } from './weightFormat';
import type { PartName } from './weightParts';

/** Some rows of a tensor as they lie in the checkpoint, but in the order of transformers. */
export interface SourceRows {
  readonly bytes: Uint8Array;
  readonly dtype: string;
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
  /** Changes decoded rows in place, given the first of them in the whole tensor; null: nothing is to be changed. */
  readonly adjust: ((values: Float32Array, firstRow: number) => void) | null;
}

/** Where the parts go. */
export interface ConvertedRows {
  /** Room for these rows, or, of parts with the outputs last, for all of them. */
  readonly parts: Readonly<Partial<Record<PartName, Uint8Array>>>;
  /** Rows of the whole tensor. */
  readonly columns: number;
  /** The first of these rows in the whole tensor. */
  readonly firstRow: number;
  readonly quantiseAffine4: AffineQuantiser;
}

/** Elements that are decoded at a time: few enough to stay in a core's cache. */
const TILE = 1 << 16;

/**
 * Converts rows of a tensor into the parts of a stored weight.
 * @returns what quantisation lost, null where it cannot lose anything.
 * @throws RangeError when a weight is not finite, or too large for F16.
 */
export function convertRows(source: SourceRows, format: WeightFormat, target: ConvertedRows): QuantisationLoss | null {
  if (format.kind === 'blocks' && format.exact) {
    repack(source, target);
    return null;
  }
  const { rows, width, bytes } = source;
  if (format.kind === 'blocks' && format.zeroPoints && source.dtype === 'BF16' && source.adjust === null) {
    const loss = quantiseBf16(source, target);
    // Otherwise it is done again the long way, which finds the weight that is to blame.
    if (Number.isFinite(loss.squaredSum)) return loss;
  }
  const step = Math.max(1, Math.floor(TILE / width));
  const room = new Float32Array(Math.min(step, rows) * width);
  const loss = { squaredError: 0, squaredSum: 0 };
  const rowBytes = bytes.length / rows;
  for (let row = 0; row < rows; row += step) {
    const end = Math.min(row + step, rows);
    const values = room.subarray(0, (end - row) * width);
    decodeValues({ bytes: bytes.subarray(row * rowBytes, end * rowBytes), dtype: source.dtype }, values);
    const firstRow = target.firstRow + row;
    source.adjust?.(values, firstRow);
    const parts = Object.fromEntries(
      Object.entries(target.parts).map(([name, part]) => [
        name,
        isWhole(format, name) ? part : cut(part, row, end, rows),
      ]),
    );
    addLoss(loss, convertTile({ values, width }, format, { ...target, parts, firstRow }));
  }
  return format.kind === 'dense' ? null : loss;
}

/** Whether a part is given as a whole: its outputs are the last axis. */
function isWhole(format: WeightFormat, name: string): boolean {
  return format.kind === 'channels' && name === 'values';
}

function cut(part: Uint8Array, row: number, end: number, rows: number): Uint8Array {
  return part.subarray((part.length / rows) * row, (part.length / rows) * end);
}

interface Tile {
  readonly values: Float32Array;
  readonly width: number;
}

function convertTile(
  { values, width }: Tile,
  format: WeightFormat,
  { parts, columns, firstRow, quantiseAffine4 }: ConvertedRows,
): QuantisationLoss | null {
  const { values: room, scales, zeroPoints } = parts;
  if (room === undefined) throw new TypeError('no room for the values');
  if (format.kind === 'dense') {
    if (format.type === 'float32') floats(room).set(values);
    else narrow(values, room);
    return null;
  }
  if (scales === undefined) throw new TypeError('no room for the scales');
  const loss = quantiseTile();
  if (!Number.isFinite(loss.squaredSum)) refuseNotFinite({ values, width }, firstRow);
  return loss;

  function quantiseTile(): QuantisationLoss {
    const blocks = { values: room as Uint8Array, scales: floats(scales as Uint8Array) };
    if (format.kind === 'channels') {
      const signed = new Int8Array(blocks.values.buffer, blocks.values.byteOffset, blocks.values.length);
      return quantiseChannels({ values, inputs: width }, { values: signed, scales: blocks.scales, columns, firstRow });
    }
    if (format.kind === 'blocks' && format.bits === 8) return quantiseSymmetric8(values, blocks);
    if (zeroPoints === undefined) throw new TypeError('no room for the zero points');
    return quantiseAffine4.fromFloats(values, { ...blocks, zeroPoints, rowBlocks: width / BLOCK_SIZE });
  }
}

/** The way of most weights, without a copy as floats. */
function quantiseBf16({ bytes, width }: SourceRows, { parts, quantiseAffine4 }: ConvertedRows): QuantisationLoss {
  const { values, scales, zeroPoints } = parts;
  if (values === undefined || scales === undefined || zeroPoints === undefined)
    throw new TypeError('no room for blocks');
  return quantiseAffine4.fromBf16(bytes, { values, scales: floats(scales), zeroPoints, rowBlocks: width / BLOCK_SIZE });
}

function refuseNotFinite({ values, width }: Tile, firstRow: number): never {
  const at = values.findIndex((value) => !Number.isFinite(value) || 1e18 < Math.abs(value));
  const place = `row ${firstRow + Math.floor(at / width)}, column ${at % width}`;
  throw new RangeError(`the weight in ${place} is ${values[at]}`);
}

function repack({ bytes, dtype, rows, width }: SourceRows, { parts, columns, firstRow }: ConvertedRows): void {
  const { values, scales, offsets } = parts;
  if (values === undefined || scales === undefined) throw new TypeError('no room for the blocks');
  repackBlocks(
    { bytes, dtype, rows, inputs: width },
    { values, scales: floats(scales), offsets: offsets === undefined ? null : floats(offsets), columns, firstRow },
  );
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function narrow(values: Float32Array, bytes: Uint8Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  for (let i = 0; i < halves.length; i++) {
    halves[i] = narrowToHalf(words[i]);
    if ((halves[i] & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) {
      throw new RangeError(`the weight ${values[i]} is too large for f16`);
    }
  }
}
