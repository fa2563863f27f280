import type { TensorAdapter } from './tensorAdapter';

/** The values of an adapter in the order of the matrix that it changes. */
export interface LoadedAdapter {
  readonly rank: number;
  readonly scale: number;
  readonly left: Float32Array; // [rows, rank]
  readonly right: Float32Array; // [rank, width]
  readonly magnitude: Float32Array | null; // [rows]
}

export interface AdapterValues {
  readonly a: Float32Array; // [rank, inputs]
  readonly b: Float32Array; // [outputs, rank]
  readonly magnitude: Float32Array | null; // [outputs]
}

/** Turns A and B round where the matrix is stored as [inputs, outputs]. */
export function arrangeAdapter(adapter: TensorAdapter, { a, b, magnitude }: AdapterValues): LoadedAdapter {
  const { rank, scale, isTransposed } = adapter;
  if (!isTransposed) return { rank, scale, left: b, right: a, magnitude };
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  return { rank, scale, left: transpose(a, rank, inputs), right: transpose(b, outputs, rank), magnitude };
}

/**
 * W′ = W + scale · left·right on some rows of a matrix, in place; with a magnitude m, W′ is scaled to rows of length m.
 * Sums in double precision, so that rows come out the same however many are done at a time.
 * @param values rows of W, row-major; the length is a multiple of the width.
 * @param firstRow the first of these rows in the whole matrix.
 */
export function applyAdapter(values: Float32Array, firstRow: number, adapter: LoadedAdapter): void {
  const { rank, scale, left, right, magnitude } = adapter;
  const width = right.length / rank;
  const rows = values.length / width;
  const sums = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    const from = (firstRow + row) * rank;
    let k = 0;
    for (; k + 4 <= rank; k += 4) addFour(sums, left, from + k, right.subarray(k * width, (k + 4) * width));
    for (; k < rank; k++) addOne(sums, left[from + k], right.subarray(k * width, (k + 1) * width));
    const at = row * width;
    let squares = 0;
    for (let column = 0; column < width; column++) {
      const value = values[at + column] + scale * sums[column];
      sums[column] = value;
      squares += value * value;
    }
    const factor = magnitude === null ? 1 : magnitude[firstRow + row] / Math.sqrt(squares);
    for (let column = 0; column < width; column++) values[at + column] = factor * sums[column];
  }
}

/** Four ranks at a time, so that the sums are read and written once for them. */
function addFour(sums: Float64Array, factors: Float32Array, from: number, vectors: Float32Array): void {
  const width = sums.length;
  const [first, second, third, fourth] = [factors[from], factors[from + 1], factors[from + 2], factors[from + 3]];
  for (let i = 0; i < width; i++) {
    sums[i] +=
      first * vectors[i] +
      second * vectors[width + i] +
      third * vectors[2 * width + i] +
      fourth * vectors[3 * width + i];
  }
}

function addOne(sums: Float64Array, factor: number, vector: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += factor * vector[i];
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column];
  }
  return turned;
}
