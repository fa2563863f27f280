import type { TensorEntry } from './tensorEntry';

/** A value of GGUF metadata. Integers of 64 bits are numbers where a number holds them exactly. */
export type GgufValue = string | number | bigint | boolean | GgufArray;

export type GgufArray =
  | readonly string[]
  | readonly boolean[]
  | readonly GgufArray[]
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Everything before the data of a .gguf file. */
export interface GgufFile {
  readonly version: number;
  readonly metadata: GgufMetadata;
  /** By the names of the file; shapes are row-major, outermost first. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Where the data begin, in bytes from the start of the file. */
  readonly dataOffset: number;
}
