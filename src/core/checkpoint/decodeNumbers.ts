import { decodeValues, isDecodableDtype } from './decodeTensor';

interface WideDtype {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** What float32 would not hold. Doubles hold integers up to 2^53; larger ones are rounded. */
const wideDtypes: Readonly<Record<string, WideDtype>> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  I8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  U16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  I16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  U32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  U64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/** Whether `decodeNumbers` can read this dtype. */
export function isNumericDtype(dtype: string): boolean {
  return isDecodableDtype(dtype) || Object.hasOwn(wideDtypes, dtype);
}

/**
 * What bytes say, for measuring: weights as float32 (`decodeValues`), integers and F64 as doubles.
 * @param params `count`: how many values `bytes` hold; the dtype is one that `isNumericDtype` knows.
 */
export function decodeNumbers({
  bytes,
  dtype,
  count,
}: {
  readonly bytes: Uint8Array;
  readonly dtype: string;
  readonly count: number;
}): Float32Array | Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Object.hasOwn(wideDtypes, dtype)) {
    const { bytes: each, read } = wideDtypes[dtype];
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = read(view, each * i);
    return values;
  }
  const values = new Float32Array(count);
  decodeValues({ bytes, dtype }, values);
  return values;
}
