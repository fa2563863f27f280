import type { FileHandle } from 'node:fs/promises';
import { restoreRowOrder } from '../../core/checkpoint/decodeTensor';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { convertRows } from '../../core/quantisation/convertRows';
import { relativeLoss } from '../../core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../core/quantisation/quantisationLoss';
import type { PlacedPart, WeightFileLayout } from '../../core/quantisation/weightFile';
import type { WeightDtype, WeightFormat } from '../../core/quantisation/weightFormat';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openFileByteSource } from '../checkpoint/fileByteSource';
import type { FileByteSource } from '../checkpoint/fileByteSource';
import type { PlannedWeight } from './prepareWeights';

export interface WeightsToConvert {
  readonly planned: readonly PlannedWeight[];
  readonly layout: WeightFileLayout;
  readonly file: FileHandle;
  readonly dtype: WeightDtype;
}

/** Weights converted at a time. */
const CHUNK = 1 << 22;

/** Fills a file of the weight cache. */
export async function convertWeights(
  { planned, layout, file, dtype }: WeightsToConvert,
  context: JobContext,
): Promise<void> {
  const sources = new Map<string, FileByteSource>();
  const losses: (number | null)[] = [];
  try {
    for (const [index, { entry, format }] of planned.entries()) {
      const source = sources.get(entry.file) ?? (await openFileByteSource(entry.file));
      sources.set(entry.file, source);
      const parts = layout.parts[index];
      const onRows = (): void => {
        throwIfCancelled(context.signal);
        const done = parts[0].offset;
        context.progress({ message: `Converting weights to ${dtype}`, done, total: layout.totalBytes, unit: 'bytes' });
      };
      losses.push(await convertTensor({ entry, format, parts, source, file, onRows }));
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
  await writeFully(file, layout.header(losses), 0);
}

interface TensorToConvert {
  readonly entry: TensorEntry;
  readonly format: WeightFormat;
  readonly parts: readonly PlacedPart[];
  readonly source: FileByteSource;
  readonly file: FileHandle;
  readonly onRows: () => void;
}

async function convertTensor({ entry, format, parts, source, file, onRows }: TensorToConvert): Promise<number | null> {
  const heads = entry.interleavedHeads;
  const rows = 1 < entry.shape.length || heads !== undefined ? entry.shape[0] : 1;
  const elements = entry.shape.reduce((product, size) => product * size, 1);
  const width = elements / rows;
  const rowBytes = entry.bytes / rows;
  const together = heads === undefined ? 1 : rows / heads;
  const step = together * Math.max(1, Math.floor(CHUNK / (together * width)));
  const whole = new Map(parts.filter((part) => part.outputsLast).map((part) => [part, new Uint8Array(part.bytes)]));
  const loss = { squaredError: 0, squaredSum: 0 };
  let measured = false;
  for (let firstRow = 0; firstRow < rows; firstRow += step) {
    onRows();
    const count = Math.min(step, rows - firstRow);
    const read = await source.read(entry.offset + firstRow * rowBytes, count * rowBytes);
    const bytes = heads === undefined ? read : restoreRowOrder(read, entry, heads);
    const buffers = parts.map((part) => whole.get(part) ?? new Uint8Array((part.bytes / rows) * count));
    const target = {
      parts: Object.fromEntries(parts.map((part, i) => [part.name, buffers[i]])),
      columns: rows,
      firstRow,
    };
    const lost: QuantisationLoss | null = convertRows(
      { bytes, dtype: entry.dtype, rows: count, width },
      format,
      target,
    );
    if (lost !== null) {
      measured = true;
      loss.squaredError += lost.squaredError;
      loss.squaredSum += lost.squaredSum;
    }
    for (const [index, part] of parts.entries()) {
      if (!part.outputsLast) await writeFully(file, buffers[index], part.offset + (part.bytes / rows) * firstRow);
    }
  }
  for (const [part, bytes] of whole) await writeFully(file, bytes, part.offset);
  return measured ? relativeLoss(loss) : null;
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
