import { AlidadeError } from '../../core/alidadeError';
import { applyAdapter } from '../../core/checkpoint/applyAdapter';
import { decodeValues, restoreRowOrder } from '../../core/checkpoint/decodeTensor';
import type { TensorAdapter } from '../../core/checkpoint/tensorAdapter';
import { transposeMatrix } from '../../core/checkpoint/transposeMatrix';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { convertRows } from '../../core/quantisation/convertRows';
import type { SourceRows } from '../../core/quantisation/convertRows';
import type { AffineQuantiser } from '../../core/quantisation/quantiseAffine4';
import { addLoss } from '../../core/quantisation/quantisationLoss';
import type { QuantisationLoss } from '../../core/quantisation/quantisationLoss';
import type { PlacedPart } from '../../core/quantisation/weightFile';
import type { WeightFormat } from '../../core/quantisation/weightFormat';
import { readFully, writeFully } from '../checkpoint/positionalFile';
import { readAdapterValues } from '../checkpoint/readAdapterValues';

/** Some rows of a tensor that are to be converted; plain data, so that a worker can be told. */
export interface ConversionTask {
  /** Number of the weight in the file that is made. */
  readonly weight: number;
  readonly entry: TensorEntry;
  readonly format: WeightFormat;
  /** Stored as [inputs, outputs], wanted as [outputs, inputs]. */
  readonly isTransposed: boolean;
  /** By what the weights are multiplied first, input by input; null: nothing. */
  readonly inputFactors: Float32Array | null;
  readonly parts: readonly PlacedPart[];
  readonly firstRow: number;
  readonly rows: number;
}

/** Elements that are read at a time. */
const CHUNK = 1 << 21;
/** Elements of a task, so that all cores end at about the same time. */
const TASK = 1 << 24;

/** A weight and its places in the file that is made. */
export type WeightToConvert = Omit<ConversionTask, 'firstRow' | 'rows'>;

/** Cuts the conversion of a weight into tasks. What has parts with the outputs last is one: they are written in one go. */
export function splitIntoTasks(weight: WeightToConvert): ConversionTask[] {
  const { rows, width, together } = measure(weight.entry);
  if (weight.isTransposed || weight.parts.some((part) => part.outputsLast)) return [{ ...weight, firstRow: 0, rows }];
  const step = together * Math.max(1, Math.floor(TASK / (together * width)));
  const tasks: ConversionTask[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += step) {
    tasks.push({ ...weight, firstRow, rows: Math.min(step, rows - firstRow) });
  }
  return tasks;
}

/** What a thread that converts is started with. */
export interface ConversionThread {
  /** Descriptor of the file that is made. */
  readonly target: number;
}

export interface TaskTools extends ConversionThread {
  /** Gives a file that is open for reading. */
  readonly open: (path: string) => number;
  readonly quantiseAffine4: AffineQuantiser;
}

/**
 * Converts the rows of a task; after each chunk it yields the bytes that were read, and in the end gives what was lost.
 * @throws AlidadeError `weights` for values that cannot be stored, FormatError when the file became shorter.
 */
export function* runTask(task: ConversionTask, tools: TaskTools): Generator<number, QuantisationLoss | null> {
  const { entry, format, parts } = task;
  const source = tools.open(entry.file);
  const adjust = joinAdjustments(
    entry.adapter === undefined ? null : adapterOf(entry.adapter, tools),
    task.inputFactors === null ? null : multiplierOf(task.inputFactors, task.isTransposed),
  );
  const { rows: allRows, width, rowBytes, together } = measure(entry);
  const columns = task.isTransposed ? width : allRows;
  const chunkRows = task.isTransposed ? allRows : together * Math.max(1, Math.floor(CHUNK / (together * width)));
  const whole = new Map(parts.filter((part) => part.outputsLast).map((part) => [part, new Uint8Array(part.bytes)]));
  const loss = { squaredError: 0, squaredSum: 0 };
  let isMeasured = false;
  const end = task.firstRow + task.rows;
  const room = new Uint8Array(Math.min(chunkRows, task.rows) * rowBytes);
  for (let firstRow = task.firstRow; firstRow < end; firstRow += chunkRows) {
    const count = Math.min(chunkRows, end - firstRow);
    const bytes = room.subarray(0, count * rowBytes);
    readFully(source, bytes, { ...entry, offset: entry.offset + firstRow * rowBytes });
    const rows = prepareRows({ task, bytes, count, width, adjust });
    const buffers = parts.map((part) => whole.get(part) ?? new Uint8Array((part.bytes / columns) * rows.rows));
    const named = Object.fromEntries(parts.map((part, index) => [part.name, buffers[index]]));
    const target = { parts: named, columns, firstRow, quantiseAffine4: tools.quantiseAffine4 };
    const lost = convert(rows, format, target, entry);
    isMeasured ||= lost !== null;
    addLoss(loss, lost);
    for (const [index, part] of parts.entries()) {
      if (part.outputsLast) continue;
      writeFully(tools.target, buffers[index], part.offset + (part.bytes / columns) * firstRow);
    }
    yield bytes.length;
  }
  for (const [part, bytes] of whole) writeFully(tools.target, bytes, part.offset);
  return isMeasured ? loss : null;
}

/** A tensor as rows that can be converted by themselves. */
function measure(entry: TensorEntry): {
  readonly rows: number;
  readonly width: number;
  readonly rowBytes: number;
  /** Rows that have to stay together. */
  readonly together: number;
} {
  const { shape, bytes, interleavedHeads: heads } = entry;
  const rows = 1 < shape.length || heads !== undefined ? shape[0] : 1;
  const width = shape.reduce((product, size) => product * size, 1) / rows;
  return { rows, width, rowBytes: bytes / rows, together: heads === undefined ? 1 : rows / heads };
}

interface ReadRows extends Pick<SourceRows, 'adjust' | 'width'> {
  readonly task: ConversionTask;
  readonly bytes: Uint8Array;
  readonly count: number;
}

function prepareRows({ task: { entry, isTransposed }, bytes, count, width, adjust }: ReadRows): SourceRows {
  const { dtype, interleavedHeads: heads } = entry;
  if (isTransposed) {
    const values = new Float32Array(count * width);
    decodeValues({ bytes, dtype }, values);
    adjust?.(values, 0);
    const turned = transposeMatrix(values, count, width);
    return { bytes: new Uint8Array(turned.buffer), dtype: 'F32', rows: width, width: count, adjust: null };
  }
  const ordered = heads === undefined ? bytes : restoreRowOrder(bytes, entry, heads);
  return { bytes: ordered, dtype, rows: count, width, adjust };
}

/** Multiplies weights by the factor of their input: rows of [outputs, inputs], or of [inputs, outputs] where turned round. */
function multiplierOf(factors: Float32Array, isTransposed: boolean): SourceRows['adjust'] {
  return (values, firstRow) => {
    if (isTransposed) {
      const outputs = values.length / (factors.length - firstRow);
      for (let i = 0; i < values.length; i++) values[i] *= factors[firstRow + Math.floor(i / outputs)];
      return;
    }
    const inputs = factors.length;
    for (let start = 0; start < values.length; start += inputs) {
      for (let k = 0; k < inputs; k++) values[start + k] *= factors[k];
    }
  };
}

function joinAdjustments(first: SourceRows['adjust'], second: SourceRows['adjust']): SourceRows['adjust'] {
  if (first === null || second === null) return first ?? second;
  return (values, firstRow) => {
    first(values, firstRow);
    second(values, firstRow);
  };
}

function adapterOf(adapter: TensorAdapter, tools: TaskTools): SourceRows['adjust'] {
  const loaded = readAdapterValues(adapter, tools.open);
  return (values, firstRow) => applyAdapter(values, firstRow, loaded);
}

function convert(
  rows: SourceRows,
  format: WeightFormat,
  target: Parameters<typeof convertRows>[2],
  entry: TensorEntry,
): QuantisationLoss | null {
  try {
    return convertRows(rows, format, target);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AlidadeError({
      code: 'weights',
      message: `${entry.file}, tensor ${entry.name}: ${error.message}`,
      hint: 'use --dtype f32, or fetch or copy the checkpoint again',
      cause: error,
    });
  }
}
