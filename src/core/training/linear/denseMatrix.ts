import type { DesignMatrix } from './designMatrix';

/** A row-major matrix in double precision: one row a text, one column a feature. */
export interface DenseMatrix extends DesignMatrix<DenseMatrix> {
  readonly values: Float64Array; // [rows, columns]
}

/**
 * @param values row-major, [rows, columns]; kept, not copied.
 * @throws RangeError when the number of values is not rows × columns.
 */
export function denseMatrix(values: Float64Array, columns: number): DenseMatrix {
  const rows = columns === 0 ? 0 : values.length / columns;
  if (!Number.isInteger(rows)) {
    throw new RangeError(`${values.length} values do not fill rows of ${columns}`);
  }
  return {
    rows,
    columns,
    values,
    multiply: (vector) => multiply({ values, rows, columns, vector }),
    multiplyTransposed: (vector) => multiplyTransposed({ values, rows, columns, vector }),
    takeRows: (indices) => takeRows({ values, columns, indices }),
  };
}

/** Rows of equal length as one matrix; [rows.length, columns]. */
export function denseMatrixFromRows(rows: readonly ArrayLike<number>[]): DenseMatrix {
  const columns = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, index) => {
    if (row.length !== columns) {
      throw new RangeError(`row ${index} has ${row.length} values, the first has ${columns}`);
    }
    values.set(row, index * columns);
  });
  return denseMatrix(values, columns);
}

interface Product {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly vector: Float64Array;
}

function multiply({ values, rows, columns, vector }: Product): Float64Array {
  const product = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      sum += values[start + column] * vector[column];
    }
    product[row] = sum;
  }
  return product;
}

function multiplyTransposed({ values, rows, columns, vector }: Product): Float64Array {
  const product = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const factor = vector[row];
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      product[column] += factor * values[start + column];
    }
  }
  return product;
}

interface RowChoice {
  readonly values: Float64Array;
  readonly columns: number;
  readonly indices: readonly number[];
}

function takeRows({ values, columns, indices }: RowChoice): DenseMatrix {
  const taken = new Float64Array(indices.length * columns);
  indices.forEach((index, row) => {
    taken.set(values.subarray(index * columns, (index + 1) * columns), row * columns);
  });
  return denseMatrix(taken, columns);
}
