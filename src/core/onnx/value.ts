/** Element types that the graphs use, named as ONNX Runtime's JavaScript tensors name them. */
export type ElementType = 'float64' | 'float32' | 'float16' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** A dimension is a number, or a name that stands for one number throughout a graph. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

/** One operator application. Its outputs are values that point back to it. */
export interface Node {
  readonly operator: string;
  /** '' is the ONNX domain. */
  readonly domain: '' | 'com.microsoft';
  /** null: an optional input left out. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** How many outputs the node has in the file, even where only some are used. */
  readonly outputCount: number;
}

/** Where the bytes of a constant are. */
export type ConstantData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'external';
      /** Absolute path of the file that holds the bytes, little-endian, row-major. */
      readonly file: string;
      readonly offset: number;
      readonly length: number;
    };

export type ValueOrigin =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly name: string; readonly data: ConstantData }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number };

/** A tensor of a graph that is being built: it knows its type and where it comes from, not its name. */
export interface Value {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly origin: ValueOrigin;
}

/** A tensor that the caller supplies at run time. */
export function graphInput(name: string, type: ElementType, shape: Shape): Value {
  return { type, shape, origin: { kind: 'input', name } };
}

/** Weights that stay in their file. `name` only labels them in the graph. */
export function externalConstant(
  name: string,
  type: ElementType,
  shape: Shape,
  place: { readonly file: string; readonly offset: number; readonly length: number },
): Value {
  return { type, shape, origin: { kind: 'constant', name, data: { kind: 'external', ...place } } };
}

/** A small constant written into the graph. */
export function floatConstant(name: string, values: readonly number[], shape: Shape): Value {
  return inlineConstant(name, 'float32', shape, new Uint8Array(Float32Array.from(values).buffer));
}

export function float64Constant(name: string, values: readonly number[], shape: Shape): Value {
  return inlineConstant(name, 'float64', shape, new Uint8Array(Float64Array.from(values).buffer));
}

export function int64Constant(name: string, values: readonly number[], shape: Shape): Value {
  return inlineConstant(name, 'int64', shape, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
}

export function uint8Constant(name: string, values: readonly number[], shape: Shape): Value {
  return inlineConstant(name, 'uint8', shape, Uint8Array.from(values));
}

function inlineConstant(name: string, type: ElementType, shape: Shape, bytes: Uint8Array): Value {
  return { type, shape, origin: { kind: 'constant', name, data: { kind: 'inline', bytes } } };
}
