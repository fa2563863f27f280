import type { FeatureMatrix } from '../featureMatrix';
import type { DesignMatrix } from '../linear/designMatrix';

/** Two rows of features for each pair. */
export interface FeaturePairs {
  readonly features: FeatureMatrix;
  readonly first: Int32Array; // [pairs]
  readonly second: Int32Array; // [pairs]
}

/** Pairs that are read at once. */
const pairsAtOnce = 1024;

/**
 * Visits features of the first text minus those of the second, in chunks; [count, columns]. They are used again for the next
 * chunk.
 */
export function visitDifferences(
  { features, first, second }: FeaturePairs,
  visit: (differences: Float32Array, from: number) => void,
): void {
  const size = Math.min(pairsAtOnce, first.length) * features.columns;
  const [ofFirst, ofSecond] = [new Float32Array(size), new Float32Array(size)];
  for (let from = 0; from < first.length; from += pairsAtOnce) {
    const indices = first.subarray(from, from + pairsAtOnce);
    const length = indices.length * features.columns;
    features.readRows(indices, ofFirst.subarray(0, length));
    features.readRows(second.subarray(from, from + pairsAtOnce), ofSecond.subarray(0, length));
    for (let index = 0; index < length; index++) ofFirst[index] -= ofSecond[index];
    visit(ofFirst.subarray(0, length), from);
  }
}

/** Rows of single-precision features, multiplied in double precision. */
export interface FloatMatrix extends DesignMatrix<FloatMatrix> {
  readonly values: Float32Array; // [rows, columns]
}

/** @param values row-major; kept, not copied. */
export function floatMatrix(values: Float32Array, columns: number): FloatMatrix {
  const rows = values.length / columns;
  return {
    rows,
    columns,
    values,
    multiply(vector) {
      const product = new Float64Array(rows);
      for (let row = 0, start = 0; row < rows; row++, start += columns) {
        let sum = 0;
        for (let column = 0; column < columns; column++) sum += values[start + column] * vector[column];
        product[row] = sum;
      }
      return product;
    },
    multiplyTransposed(vector) {
      const product = new Float64Array(columns);
      for (let row = 0, start = 0; row < rows; row++, start += columns) {
        const factor = vector[row];
        for (let column = 0; column < columns; column++) product[column] += factor * values[start + column];
      }
      return product;
    },
    takeRows(indices) {
      const taken = new Float32Array(indices.length * columns);
      indices.forEach((index, row) => {
        taken.set(values.subarray(index * columns, (index + 1) * columns), row * columns);
      });
      return floatMatrix(taken, columns);
    },
  };
}
