import { FormatError } from '../formatError';
import type { ByteSource } from './byteSource';
import { decodeUtf8 } from './decodeUtf8';
import type { GgufArray, GgufValue } from './ggufFile';

/** More of the file has to be read before parsing can go on; not an error by itself. */
export class OutOfBytes extends Error {
  readonly neededLength: number;
  readonly offset: number;

  constructor(what: string, offset: number, neededLength: number) {
    super(`the file ends inside ${what}`);
    this.name = 'OutOfBytes';
    this.offset = offset;
    this.neededLength = neededLength;
  }
}

/** Strings of metadata are kept as objects, so their number is bounded: 256,000 tokens have 770,000. */
const maximumStrings = 1_500_000;
const maximumStringLength = 64 * 1024 * 1024;
const maximumArrayDepth = 4;

const stringKind = 8;
const arrayKind = 9;
const boolKind = 7;

/** Reads the values of a GGUF prefix one after the other; every count is checked against what is left of the file. */
export class GgufCursor {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly source: ByteSource;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private strings = 0;
  private position = 0;

  constructor(bytes: Uint8Array, source: ByteSource) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.source = source;
  }

  get offset(): number {
    return this.position;
  }

  fail(problem: string, offset = this.position): never {
    throw new FormatError({ problem, file: this.source.path, offset });
  }

  u32(what: string): number {
    return this.view.getUint32(this.advance(4, what), true);
  }

  /** At most 2^53 − 1. */
  u64(what: string): number {
    const at = this.advance(8, what);
    const value = this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
    if (!Number.isSafeInteger(value)) this.fail(`${what} is above 2^53`, at);
    return value;
  }

  /** A count of things that take at least `bytesEach` bytes each in what is left of the file. */
  count(what: string, { most, bytesEach }: { readonly most: number; readonly bytesEach: number }): number {
    const at = this.position;
    const count = this.u64(what);
    if (most < count) this.fail(`${what} is ${count}, more than ${most}`, at);
    if (this.source.size - this.position < count * bytesEach) {
      this.fail(`${what} is ${count}, more than the rest of the file can hold`, at);
    }
    return count;
  }

  string(what: string, most = maximumStringLength): string {
    const length = this.count(`the length of ${what}`, { most, bytesEach: 1 });
    const at = this.advance(length, what);
    try {
      return decodeUtf8(this.bytes.subarray(at, at + length), this.decoder);
    } catch {
      return this.fail(`${what} is not UTF-8`, at);
    }
  }

  metadata(count: number): Map<string, GgufValue> {
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < count; i++) {
      const at = this.position;
      const key = this.string('a metadata key', 65_535);
      if (metadata.has(key)) this.fail(`the metadata key ${JSON.stringify(key)} occurs twice`, at);
      metadata.set(key, this.value(this.u32('the kind of a metadata value'), key));
    }
    return metadata;
  }

  private value(kind: number, key: string): GgufValue {
    if (kind === stringKind) {
      this.countStrings(1);
      return this.string(key);
    }
    if (kind === arrayKind) return this.array(key, 1);
    const scalar = scalarKinds.get(kind);
    if (scalar === undefined) return this.fail(`${key} has the unknown kind ${kind}`, this.position - 4);
    const at = this.advance(scalar.bytes, key);
    const value = scalar.read(this.view, at);
    if (typeof value !== 'bigint') return value;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private array(key: string, depth: number): GgufArray {
    if (maximumArrayDepth < depth) this.fail(`the arrays of ${key} are nested too deep`);
    const kindAt = this.position;
    const kind = this.u32(`the kind of the items of ${key}`);
    const what = `the length of ${key}`;
    if (kind === stringKind) {
      const count = this.count(what, { most: maximumStrings, bytesEach: 8 });
      this.countStrings(count);
      const items: string[] = [];
      for (let i = 0; i < count; i++) items.push(this.string(`item ${i} of ${key}`));
      return items;
    }
    if (kind === arrayKind) {
      const count = this.count(what, { most: maximumStrings, bytesEach: 12 });
      this.countStrings(count);
      const items: GgufArray[] = [];
      for (let i = 0; i < count; i++) items.push(this.array(key, depth + 1));
      return items;
    }
    const scalar = scalarKinds.get(kind);
    if (scalar === undefined) return this.fail(`${key} has items of the unknown kind ${kind}`, kindAt);
    const count = this.count(what, { most: Number.MAX_SAFE_INTEGER, bytesEach: scalar.bytes });
    if (kind === boolKind) this.countStrings(count);
    const at = this.advance(count * scalar.bytes, key);
    // Not slice(): on Node's Buffer that is no copy.
    return scalar.readArray(new Uint8Array(this.bytes.subarray(at, at + count * scalar.bytes)).buffer);
  }

  private countStrings(count: number): void {
    this.strings += count;
    if (maximumStrings < this.strings) this.fail(`more than ${maximumStrings} values in the metadata`);
  }

  /** Offset of the next `length` bytes, which are passed over. */
  private advance(length: number, what: string): number {
    const at = this.position;
    if (this.bytes.length - at < length) throw new OutOfBytes(what, at, at + length);
    this.position += length;
    return at;
  }
}

interface ScalarKind {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number | bigint | boolean;
  readonly readArray: (buffer: ArrayBuffer) => GgufArray;
}

const scalarKinds: ReadonlyMap<number, ScalarKind> = new Map<number, ScalarKind>([
  [0, { bytes: 1, read: (view, at) => view.getUint8(at), readArray: (buffer) => new Uint8Array(buffer) }],
  [1, { bytes: 1, read: (view, at) => view.getInt8(at), readArray: (buffer) => new Int8Array(buffer) }],
  [2, { bytes: 2, read: (view, at) => view.getUint16(at, true), readArray: (buffer) => new Uint16Array(buffer) }],
  [3, { bytes: 2, read: (view, at) => view.getInt16(at, true), readArray: (buffer) => new Int16Array(buffer) }],
  [4, { bytes: 4, read: (view, at) => view.getUint32(at, true), readArray: (buffer) => new Uint32Array(buffer) }],
  [5, { bytes: 4, read: (view, at) => view.getInt32(at, true), readArray: (buffer) => new Int32Array(buffer) }],
  [6, { bytes: 4, read: (view, at) => view.getFloat32(at, true), readArray: (buffer) => new Float32Array(buffer) }],
  [
    boolKind,
    {
      bytes: 1,
      read: (view, at) => view.getUint8(at) !== 0,
      readArray: (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte !== 0),
    },
  ],
  [
    10,
    { bytes: 8, read: (view, at) => view.getBigUint64(at, true), readArray: (buffer) => new BigUint64Array(buffer) },
  ],
  [11, { bytes: 8, read: (view, at) => view.getBigInt64(at, true), readArray: (buffer) => new BigInt64Array(buffer) }],
  [12, { bytes: 8, read: (view, at) => view.getFloat64(at, true), readArray: (buffer) => new Float64Array(buffer) }],
]);
