/** A matrix [rows, columns], row-major, turned round: [columns, rows]. */
export function transposeMatrix(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let column = 0, to = 0; column < columns; column++) {
    for (let row = 0, from = column; row < rows; row++, from += columns) turned[to++] = values[from];
  }
  return turned;
}
