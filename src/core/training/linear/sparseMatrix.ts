import { denseMatrix, type DenseMatrix } from './denseMatrix';
import type { DesignMatrix } from './designMatrix';

/** One row: column indices and their values, the same number of each. */
export interface SparseRow {
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

export interface SparseMatrix extends DesignMatrix<SparseMatrix> {
  readonly sparseRows: readonly SparseRow[];
  toDense(): DenseMatrix;
}

export function sparseMatrix(sparseRows: readonly SparseRow[], columns: number): SparseMatrix {
  return {
    rows: sparseRows.length,
    columns,
    sparseRows,
    multiply(vector) {
      return Float64Array.from(sparseRows, (row) => {
        let sum = 0;
        for (let entry = 0; entry < row.columns.length; entry++) {
          sum += row.values[entry] * vector[row.columns[entry]];
        }
        return sum;
      });
    },
    multiplyTransposed(vector) {
      const product = new Float64Array(columns);
      sparseRows.forEach((row, index) => {
        for (let entry = 0; entry < row.columns.length; entry++) {
          product[row.columns[entry]] += row.values[entry] * vector[index];
        }
      });
      return product;
    },
    takeRows: (indices) =>
      sparseMatrix(
        indices.map((index) => sparseRows[index]),
        columns,
      ),
    toDense() {
      const values = new Float64Array(sparseRows.length * columns);
      sparseRows.forEach((row, index) => {
        for (let entry = 0; entry < row.columns.length; entry++) {
          values[index * columns + row.columns[entry]] += row.values[entry];
        }
      });
      return denseMatrix(values, columns);
    },
  };
}
