import { decodeValues } from '../checkpoint/decodeTensor';
import { narrowToHalf } from '../checkpoint/halfPrecision';
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
  for (let i = 0; i < halves.length; i++) halves[i] = narrowToHalf(words[i]);
}
