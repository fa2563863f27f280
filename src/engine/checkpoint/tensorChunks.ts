import { AlidadeError } from '../../core/alidadeError';
import { applyAdapter } from '../../core/checkpoint/applyAdapter';
import type { ByteSource } from '../../core/checkpoint/byteSource';
import { countElements } from '../../core/checkpoint/countElements';
import { decodeNumbers, isNumericDtype } from '../../core/checkpoint/decodeNumbers';
import { restoreRowOrder } from '../../core/checkpoint/decodeTensor';
import { blockSizeOf } from '../../core/checkpoint/ggmlType';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { loadAdapter } from './loadAdapter';

/** Values that are read at a time, where a tensor may be cut there: 512 kB of BF16. */
const chunkValues = 1 << 18;

/** A tensor as ranges of values, for reading it without holding it. */
export interface TensorChunks {
  readonly count: number;
  /** Ranges begin at multiples of this: blocks and rows that belong together are not cut. */
  readonly granularity: number;
  /** The values `start …` in row-major order, those of an adapter added. */
  read(start: number, count: number): Promise<Float32Array | Float64Array>;
}

/**
 * @param source the open file of the tensor.
 * @throws AlidadeError `unsupported` for a dtype that cannot be read.
 */
export async function openTensorChunks(entry: TensorEntry, source: ByteSource): Promise<TensorChunks> {
  const { dtype, shape, bytes, interleavedHeads: heads, adapter } = entry;
  if (!isNumericDtype(dtype)) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${entry.file}, tensor ${entry.name}: values of the kind ${dtype} cannot be read`,
    });
  }
  // Refuses rows that do not divide into heads before anything is read.
  if (heads !== undefined) restoreRowOrder(new Uint8Array(), entry, heads);
  const count = countElements(shape) ?? 0;
  const loaded = adapter === undefined ? null : await loadAdapter(adapter);
  const width = shape.at(-1) ?? 1;
  const block = blockSizeOf(dtype);
  const blockBytes = count === 0 ? 0 : bytes / (count / block);
  const granularity = Math.max(block, heads === undefined ? 1 : count / heads, loaded === null ? 1 : width);
  return {
    count,
    granularity,
    async read(start, length) {
      const raw = await source.read(entry.offset + (start / block) * blockBytes, (length / block) * blockBytes);
      const ordered = heads === undefined ? raw : restoreRowOrder(raw, entry, heads);
      const values = decodeNumbers({ bytes: ordered, dtype, count: length });
      if (loaded === null) return values;
      const changed = values instanceof Float32Array ? values : Float32Array.from(values);
      applyAdapter(changed, start / width, loaded);
      return changed;
    },
  };
}

/** Where to cut tensors of one shape that are read side by side: as many values as fit, at least one unit. */
export function chunkLength(tensors: readonly TensorChunks[]): number {
  const unit = tensors.reduce((product, { granularity }) => leastCommonMultiple(product, granularity), 1);
  return unit * Math.max(1, Math.floor(chunkValues / unit));
}

function leastCommonMultiple(a: number, b: number): number {
  let [rest, divisor] = [a, b];
  while (divisor !== 0) [rest, divisor] = [divisor, rest % divisor];
  return (a / rest) * b;
}
