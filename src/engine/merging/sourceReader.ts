import { applyAdapter } from '../../core/checkpoint/applyAdapter';
import type { LoadedAdapter } from '../../core/checkpoint/applyAdapter';
import { decodeValues } from '../../core/checkpoint/decodeTensor';
import { narrowToHalf } from '../../core/checkpoint/halfPrecision';
import type { PlannedSource } from '../../core/merging/plan/mergePlan';
import type { FloatDtype } from '../../core/merging/methods/tensorMerge';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { readFully } from '../checkpoint/positionalFile';
import { readAdapterValues } from '../checkpoint/readAdapterValues';

/** Values that are decoded at a time. */
const CHUNK = 1 << 17;
const bytesOf: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Values of one input of a tensor as they lie in their file, in any order and as often as they are wanted: an adapter is
 * added while they are read, in memory that does not depend on the tensor's size. Rows are gathered by `gatherRows`.
 */
export class SourceReader {
  readonly #entry: TensorEntry;
  readonly #dtype: FloatDtype;
  readonly #open: (path: string) => number;
  readonly #storedBytes: number;
  readonly #width: number;
  #adapter: LoadedAdapter | null = null;

  /** @param open gives the descriptor of a file that is open for reading. */
  constructor({ tensor }: PlannedSource, dtype: FloatDtype, open: (path: string) => number) {
    this.#entry = tensor;
    this.#dtype = dtype;
    this.#open = open;
    const count = tensor.shape.reduce((product, size) => product * size, 1);
    this.#storedBytes = count === 0 ? 0 : tensor.bytes / count;
    this.#width = tensor.shape.slice(1).reduce((product, size) => product * size, 1);
  }

  /**
   * Fills `into` with values `start …`, in the dtype of the reader.
   * @throws FormatError when the file became shorter; errors of the system; what `open` throws.
   */
  read(start: number, into: Uint8Array): void {
    const size = bytesOf[this.#dtype];
    const isStored = this.#entry.adapter === undefined && this.#entry.dtype === this.#dtype;
    if (isStored) this.#readStored(start, into);
    else this.#compute(start, into.length / size, into);
  }

  #readStored(from: number, into: Uint8Array): void {
    const { file, name, offset } = this.#entry;
    readFully(this.#open(file), into, { file, name, offset: offset + from * this.#storedBytes });
  }

  /** Decoded, with the adapter; whole rows are computed where there is one. */
  #compute(from: number, count: number, into: Uint8Array): void {
    const { adapter, dtype } = this.#entry;
    const unit = adapter === undefined ? 1 : this.#width;
    const step = unit * Math.max(1, Math.floor(CHUNK / unit));
    const end = from + count;
    for (let start = Math.floor(from / unit) * unit; start < end; start += step) {
      const length = Math.min(step, Math.ceil(end / unit) * unit - start);
      const bytes = new Uint8Array(length * this.#storedBytes);
      this.#readStored(start, bytes);
      const values = new Float32Array(length);
      decodeValues({ bytes, dtype }, values);
      if (adapter !== undefined) {
        this.#adapter ??= readAdapterValues(adapter, this.#open);
        applyAdapter(values, start / unit, this.#adapter);
      }
      const [first, last] = [Math.max(start, from), Math.min(start + length, end)];
      const size = bytesOf[this.#dtype];
      into.set(encodeValues(values.subarray(first - start, last - start), this.#dtype), (first - from) * size);
    }
  }
}

/** Each to the nearest, halves to even. */
export function encodeValues(values: Float32Array, dtype: FloatDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const narrow = dtype === 'F16' ? narrowToHalf : narrowToBf16;
  return new Uint8Array(Uint16Array.from(words, narrow).buffer);
}

/** Bits of float32 to bits of BF16. */
function narrowToBf16(word: number): number {
  if (0x7f800000 < (word & 0x7fffffff)) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}
