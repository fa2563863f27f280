import { AlidadeError } from '../../alidadeError';
import type { FeatureMatrix } from '../featureMatrix';

/** z = (x − shift) / scale for each column: keeps sums of products exact where a few columns are far larger than the rest. */
export interface FeatureFrame {
  readonly shift: Float64Array; // [columns]
  readonly scale: Float64Array; // [columns]
}

/** Rows that are read at once. */
const CHUNK = 1024;

/**
 * Visits rows in chunks, in their order. `values` [count, columns] is used again for the next chunk.
 * @throws AlidadeError `row` for features that are not finite.
 */
export async function visitFeatures(
  features: FeatureMatrix,
  rows: Int32Array,
  visit: (values: Float32Array, from: number, count: number) => Promise<void> | void,
): Promise<void> {
  const buffer = new Float32Array(Math.min(CHUNK, rows.length) * features.columns);
  for (let from = 0; from < rows.length; from += CHUNK) {
    const indices = rows.subarray(from, from + CHUNK);
    const values = buffer.subarray(0, indices.length * features.columns);
    features.readRows(indices, values);
    await visit(values, from, indices.length);
  }
}

/** Zero and one, or mean and standard deviation (dividing by n; 1 for a column that never varies) over all rows. */
export async function measureFrame(
  features: FeatureMatrix,
  rows: Int32Array,
  options: { readonly isCentred: boolean; readonly isScaled: boolean },
): Promise<FeatureFrame> {
  const { columns } = features;
  const shift = new Float64Array(columns);
  const scale = new Float64Array(columns).fill(1);
  if (!options.isCentred) {
    await visitFeatures(features, rows, (values, from) => refuseNonFinite(values, from, columns));
    return { shift, scale };
  }
  await visitFeatures(features, rows, (values, from) => {
    refuseNonFinite(values, from, columns);
    eachValue(values, columns, (value, column) => (shift[column] += value / rows.length));
  });
  if (options.isScaled) {
    const variance = new Float64Array(columns);
    await visitFeatures(features, rows, (values) => {
      eachValue(values, columns, (value, column) => (variance[column] += (value - shift[column]) ** 2 / rows.length));
    });
    variance.forEach((value, column) => {
      const deviation = Math.sqrt(value);
      scale[column] = deviation <= 1e-12 * Math.max(1, Math.abs(shift[column])) ? 1 : deviation;
    });
  }
  return { shift, scale };
}

/** z of a chunk, in double precision; [count, columns]. */
export function inFrame(values: Float32Array, { shift, scale }: FeatureFrame): Float64Array {
  const columns = shift.length;
  const framed = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      framed[start + column] = (values[start + column] - shift[column]) / scale[column];
    }
  }
  return framed;
}

function eachValue(values: Float32Array, columns: number, visit: (value: number, column: number) => void): void {
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      visit(values[start + column], column);
    }
  }
}

function refuseNonFinite(values: Float32Array, from: number, columns: number): void {
  // A sum is finite when everything in it is: hidden states are far from the largest number.
  let sum = 0;
  for (const value of values) sum += value * 0;
  if (sum === 0) return;
  const place = values.findIndex((value) => !Number.isFinite(value));
  throw new AlidadeError({
    code: 'row',
    message: `the features of row ${from + Math.floor(place / columns) + 1} are not finite`,
    hint: 'the model computed no numbers for this text: make the features again with --dtype f32',
  });
}
