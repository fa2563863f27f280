import type { MatrixProducts } from './matrixProducts';
import { panelPlace, type SymmetricPanels } from './symmetricPanels';

/** A = L·Lᵀ of a symmetric positive definite matrix. */
export interface CholeskyFactor {
  /** L; diagonal blocks are full, with zeros above the diagonal. */
  readonly lower: SymmetricPanels;
  /** The inverse of each diagonal block of L; [columns, columns]. */
  readonly inverses: readonly Float64Array[];
}

/**
 * Factors in place, one panel of columns after the other (Golub and Van Loan, Matrix Computations, 4th ed., 4.2.9): only
 * the blocks on the diagonal are worked in loops, everything else is products of panels.
 * @throws RangeError when the matrix is not positive definite at this precision.
 */
export async function factorPanels(matrix: SymmetricPanels, products: MatrixProducts): Promise<CholeskyFactor> {
  const panels = [...matrix.panels];
  const inverses: Float64Array[] = [];
  for (let index = 0; index < panels.length; index++) {
    const { start, columns, rows } = panelPlace(matrix, index);
    const panel = panels[index];
    factorBlock(panel, columns, start);
    const inverse = invertLower(panel, columns);
    inverses.push(inverse);
    const below = rows - columns;
    if (below === 0) continue;
    const solved = await products.byTransposed({
      a: panel.subarray(columns * columns),
      b: inverse,
      m: below,
      n: columns,
      k: columns,
    });
    panel.set(solved, columns * columns);
    for (let next = index + 1; next < panels.length; next++) {
      const place = panelPlace(matrix, next);
      const from = (place.start - start) * columns;
      const own = panel.subarray(from, from + place.columns * columns);
      panels[next] = await products.lessByTransposed({
        a: panel.subarray(from),
        b: own,
        c: panels[next],
        m: place.rows,
        n: place.columns,
        k: columns,
      });
    }
  }
  return { lower: { size: matrix.size, width: matrix.width, panels }, inverses };
}

/** A⁻¹·B for B [size, count], row-major. */
export async function solvePanels(
  { lower, inverses }: CholeskyFactor,
  { right, count, products }: { right: Float64Array; count: number; products: MatrixProducts },
): Promise<Float64Array> {
  const solution = right.slice();
  const part = (start: number, rows: number): Float64Array => solution.subarray(start * count, (start + rows) * count);
  for (let index = 0; index < lower.panels.length; index++) {
    const { start, columns, rows } = panelPlace(lower, index);
    const own = part(start, columns);
    own.set(await products.plain({ a: inverses[index], b: own, m: columns, n: count, k: columns }));
    if (columns < rows) {
      const a = lower.panels[index].subarray(columns * columns);
      subtract(
        part(start + columns, rows - columns),
        await products.plain({ a, b: own, m: rows - columns, n: count, k: columns }),
      );
    }
  }
  for (let index = lower.panels.length - 1; 0 <= index; index--) {
    const { start, columns, rows } = panelPlace(lower, index);
    const own = part(start, columns);
    if (columns < rows) {
      const a = lower.panels[index].subarray(columns * columns);
      const b = part(start + columns, rows - columns);
      subtract(own, await products.transposedBy({ a, b, m: columns, n: count, k: rows - columns }));
    }
    own.set(await products.transposedBy({ a: inverses[index], b: own, m: columns, n: count, k: columns }));
  }
  return solution;
}

/** A⁻¹·b for one vector, in plain loops: where a product is not worth the call. */
export function solveOne({ lower }: CholeskyFactor, right: Float64Array): Float64Array {
  const solution = right.slice();
  lower.panels.forEach((panel, index) => {
    const { start, columns, rows } = panelPlace(lower, index);
    for (let row = 0; row < rows; row++) {
      const last = Math.min(row, columns);
      let sum = solution[start + row];
      for (let column = 0; column < last; column++) {
        sum -= panel[row * columns + column] * solution[start + column];
      }
      solution[start + row] = row < columns ? sum / panel[row * columns + row] : sum;
    }
  });
  for (let index = lower.panels.length - 1; 0 <= index; index--) {
    const panel = lower.panels[index];
    const { start, columns, rows } = panelPlace(lower, index);
    for (let row = rows - 1; 0 <= row; row--) {
      if (row < columns) solution[start + row] /= panel[row * columns + row];
      const value = solution[start + row];
      const last = Math.min(row, columns);
      for (let column = 0; column < last; column++) {
        solution[start + column] -= panel[row * columns + column] * value;
      }
    }
  }
  return solution;
}

/** The block [columns, columns] at the start of a panel becomes its factor, with zeros above the diagonal. */
function factorBlock(block: Float64Array, columns: number, start: number): void {
  for (let row = 0; row < columns; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = block[row * columns + column];
      for (let inner = 0; inner < column; inner++) {
        sum -= block[row * columns + inner] * block[column * columns + inner];
      }
      if (row !== column) {
        block[row * columns + column] = sum / block[column * columns + column];
      } else if (0 < sum) {
        block[row * columns + row] = Math.sqrt(sum);
      } else {
        throw new RangeError(`the matrix is not positive definite (row ${start + row})`);
      }
    }
    block.fill(0, row * columns + row + 1, (row + 1) * columns);
  }
}

function invertLower(block: Float64Array, columns: number): Float64Array {
  const inverse = new Float64Array(columns * columns);
  for (let row = 0; row < columns; row++) {
    const diagonal = block[row * columns + row];
    for (let inner = 0; inner < row; inner++) {
      const factor = block[row * columns + inner];
      for (let column = 0; column <= inner; column++) {
        inverse[row * columns + column] -= factor * inverse[inner * columns + column];
      }
    }
    for (let column = 0; column < row; column++) {
      inverse[row * columns + column] /= diagonal;
    }
    inverse[row * columns + row] = 1 / diagonal;
  }
  return inverse;
}

function subtract(target: Float64Array, other: Float64Array): void {
  for (let index = 0; index < target.length; index++) {
    target[index] -= other[index];
  }
}
