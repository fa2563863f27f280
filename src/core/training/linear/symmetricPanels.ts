import type { MatrixProducts } from './matrixProducts';

/**
 * The lower triangle of a symmetric matrix [size, size] in panels of columns. Panel j has the rows from j·width on, so
 * that what two panels have in common is contiguous in both; above its diagonal, the first block of a panel is undefined.
 */
export interface SymmetricPanels {
  readonly size: number;
  readonly width: number;
  readonly panels: readonly Float64Array[]; // [size − j·width, columns of panel j]
}

/** Columns of a panel: wide enough for fast products, narrow enough for the part that is done in plain loops. */
export const PANEL_WIDTH = 256;

/** Of panel j: its first column (also its first row), its columns and its rows. */
export function panelPlace(
  { size, width }: Pick<SymmetricPanels, 'size' | 'width'>,
  panel: number,
): { start: number; columns: number; rows: number } {
  const start = panel * width;
  return { start, columns: Math.min(width, size - start), rows: size - start };
}

export function zeroPanels(size: number, width = PANEL_WIDTH): SymmetricPanels {
  const count = Math.ceil(size / width);
  const panels = Array.from({ length: count }, (_, panel) => {
    const { rows, columns } = panelPlace({ size, width }, panel);
    return new Float64Array(rows * columns);
  });
  return { size, width, panels };
}

/** target += factor · added, in place. */
export function addPanels(target: SymmetricPanels, added: SymmetricPanels, factor: number): void {
  target.panels.forEach((panel, index) => {
    const other = added.panels[index];
    for (let place = 0; place < panel.length; place++) {
      panel[place] += factor * other[place];
    }
  });
}

/** The diagonal; [size]. */
export function panelDiagonal(matrix: SymmetricPanels): Float64Array {
  const diagonal = new Float64Array(matrix.size);
  matrix.panels.forEach((panel, index) => {
    const { start, columns } = panelPlace(matrix, index);
    for (let column = 0; column < columns; column++) {
      diagonal[start + column] = panel[column * columns + column];
    }
  });
  return diagonal;
}

/** A + λI as a new matrix. */
export function plusDiagonal({ size, width, panels }: SymmetricPanels, lambda: number): SymmetricPanels {
  const copies = panels.map((panel, index) => {
    const copy = panel.slice();
    const { columns } = panelPlace({ size, width }, index);
    for (let column = 0; column < columns; column++) {
      copy[column * columns + column] += lambda;
    }
    return copy;
  });
  return { size, width, panels: copies };
}

/**
 * Changes element (i, j) to (a − shiftᵢ·shiftⱼ·count) / (deviationᵢ·deviationⱼ), in place: products about zero become those
 * of centred and scaled columns.
 */
export function standardisePanels(
  matrix: SymmetricPanels,
  { shift, count, deviation }: { shift: Float64Array; count: number; deviation: Float64Array },
): void {
  matrix.panels.forEach((panel, index) => {
    const { start, columns, rows } = panelPlace(matrix, index);
    for (let row = 0; row < rows; row++) {
      const rowShift = shift[start + row] * count;
      const rowDeviation = deviation[start + row];
      for (let column = 0; column < columns; column++) {
        const place = row * columns + column;
        panel[place] = (panel[place] - rowShift * shift[start + column]) / (rowDeviation * deviation[start + column]);
      }
    }
  });
}

/** target += XᵀX for rows X [rows, size], in place. */
export async function addOuterProducts(
  target: SymmetricPanels,
  { values, rows, products }: { values: Float64Array; rows: number; products: MatrixProducts },
): Promise<void> {
  const { size } = target;
  for (let index = 0; index < target.panels.length; index++) {
    const { start, columns, rows: below } = panelPlace(target, index);
    const left = columnsFrom(values, { rows, size, start, count: below });
    const right = columnsFrom(values, { rows, size, start, count: columns });
    const product = await products.transposedBy({ a: left, b: right, m: below, n: columns, k: rows });
    const panel = target.panels[index];
    for (let place = 0; place < panel.length; place++) {
      panel[place] += product[place];
    }
  }
}

/** X·Xᵀ for rows X [rows, size]. */
export async function innerProducts(
  { values, rows, size, products }: { values: Float64Array; rows: number; size: number; products: MatrixProducts },
  width = PANEL_WIDTH,
): Promise<SymmetricPanels> {
  const panels: Float64Array[] = [];
  for (let start = 0; start < rows; start += width) {
    const columns = Math.min(width, rows - start);
    const below = values.subarray(start * size, rows * size);
    const own = values.subarray(start * size, (start + columns) * size);
    panels.push(await products.byTransposed({ a: below, b: own, m: rows - start, n: columns, k: size }));
  }
  return { size: rows, width, panels };
}

function columnsFrom(
  values: Float64Array,
  { rows, size, start, count }: { rows: number; size: number; start: number; count: number },
): Float64Array {
  if (count === size) return values.subarray(0, rows * size);
  const part = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++) {
    part.set(values.subarray(row * size + start, row * size + start + count), row * count);
  }
  return part;
}
