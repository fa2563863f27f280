import { decodeValues } from '../checkpoint/decodeTensor';
import { quantiseBlocks } from './quantiseBlocks';
import { quantiseChannels } from './quantiseChannels';
import type { QuantisationLoss } from './quantisationLoss';
import { repackBlocks } from './repackBlocks';
import type { WeightFormat } from './weightFormat';
import type { PartName } from './weightParts';

/** Some rows of a tensor as they lie in the checkpoint. */
export interface SourceRows {
  readonly bytes: Uint8Array;
  readonly dtype: string;
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
}

/** Where the parts go: room for these rows, or, of parts with the outputs last, for all `columns` rows. */
export interface ConvertedRows {
  readonly parts: Readonly<Partial<Record<PartName, Uint8Array>>>;
  readonly columns: number;
  readonly firstRow: number;
}

/** Converts rows of a tensor into the parts of a stored weight. */
export function convertRows(source: SourceRows, format: WeightFormat, target: ConvertedRows): QuantisationLoss | null {
  const { rows, width: inputs } = source;
  const { values, scales, offsets } = target.parts;
  if (values === undefined) throw new TypeError('no room for the values');
  if (format.kind === 'dense') {
    if (format.type === 'float32') decodeValues(source, floats(values));
    else encodeHalves(decode(source), values);
    return null;
  }
  if (scales === undefined) throw new TypeError('no room for the scales');
  const { columns, firstRow } = target;
  if (format.kind === 'channels') {
    const signed = new Int8Array(values.buffer, values.byteOffset, values.length);
    return quantiseChannels(
      { values: decode(source), outputs: rows, inputs },
      { values: signed, scales: floats(scales), columns, firstRow },
    );
  }
  if (!format.exact) {
    return quantiseBlocks({ values: decode(source), outputs: rows, inputs }, format.bits, {
      values,
      scales: floats(scales),
    });
  }
  repackBlocks(
    { ...source, inputs },
    {
      values,
      scales: floats(scales),
      offsets: offsets === undefined ? null : floats(offsets),
      columns,
      firstRow,
    },
  );
  return null;
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function decode(source: SourceRows): Float32Array {
  const values = new Float32Array(source.rows * source.width);
  decodeValues(source, values);
  return values;
}

function encodeHalves(values: Float32Array, bytes: Uint8Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = floatToHalf(words[i]);
}

/** Bits of float32 to bits of F16, to nearest even; beyond 65504 infinity. */
function floatToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (0x7f800000 < magnitude) return sign | 0x7e00;
  if (0x477ff000 <= magnitude) return sign | 0x7c00;
  if (magnitude < 0x33000001) return sign;
  if (0x38800000 <= magnitude) {
    const shifted = magnitude - 0x38000000;
    return sign | ((shifted + 0xfff + ((shifted >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return sign | (kept + (rest > halfway || (rest === halfway && (kept & 1) === 1) ? 1 : 0));
}
