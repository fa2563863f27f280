import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import {
  addToHistogram,
  addToSums,
  describeSums,
  emptyHistogram,
  noValues,
  type TensorStatistics,
  type ValueHistogram,
} from '../../core/checkpoint/tensorStatistics';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { withFile } from './fileByteSource';
import { chunkLength, openTensorChunks, type TensorChunks } from './tensorChunks';

/**
 * Reads a tensor in small ranges, once for its figures and once for its histogram.
 * @throws AlidadeError `unsupported` for a dtype that cannot be read, `not_found`, `cancelled`; FormatError when the file
 * became shorter.
 */
export function measureTensor(entry: TensorEntry, context: JobContext): Promise<TensorStatistics> {
  return withFile(entry.file, async (source) => {
    const chunks = await openTensorChunks(entry, source);
    const sums = noValues();
    const total = 2 * entry.bytes;
    const report = (share: number): void => {
      const done = Math.round(share * entry.bytes);
      context.progress({ message: `Measuring ${entry.name}`, done, total, unit: 'bytes' });
    };
    await forEachRange(chunks, context, (values, share) => {
      addToSums(sums, values);
      report(share);
    });
    const bins = emptyHistogram(sums);
    if (bins === null) return describeSums(sums, null);
    let [below, above] = [0, 0];
    await forEachRange(chunks, context, (values, share) => {
      const outside = addToHistogram(bins, values);
      below += outside.below;
      above += outside.above;
      report(1 + share);
    });
    const histogram: ValueHistogram = { low: bins.low, high: bins.high, counts: [...bins.counts], below, above };
    return describeSums(sums, histogram);
  });
}

/** @param use is also told which share of the tensor has been read with these values. */
async function forEachRange(
  chunks: TensorChunks,
  { signal }: JobContext,
  use: (values: Float32Array | Float64Array, share: number) => void,
): Promise<void> {
  const length = chunkLength([chunks]);
  for (let start = 0; start < chunks.count; start += length) {
    throwIfCancelled(signal);
    const values = await chunks.read(start, Math.min(length, chunks.count - start));
    use(values, (start + values.length) / chunks.count);
  }
}
