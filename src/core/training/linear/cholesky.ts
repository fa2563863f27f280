/**
 * Solves A·x = b for a symmetric positive definite A [size, size], row-major, of which only the lower triangle is read.
 * @throws RangeError when A is not positive definite at this precision.
 */
export function solvePositiveDefinite(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const factor = choleskyFactor(matrix, size);
  const solution = right.slice();
  for (let row = 0; row < size; row++) {
    let sum = solution[row];
    for (let column = 0; column < row; column++) {
      sum -= factor[row * size + column] * solution[column];
    }
    solution[row] = sum / factor[row * size + row];
  }
  for (let row = size - 1; 0 <= row; row--) {
    const value = solution[row] / factor[row * size + row];
    solution[row] = value;
    for (let column = 0; column < row; column++) {
      solution[column] -= factor[row * size + column] * value;
    }
  }
  return solution;
}

/** L with A = L·Lᵀ, [size, size]; the upper triangle stays 0. */
function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column];
      for (let inner = 0; inner < column; inner++) {
        sum -= factor[row * size + inner] * factor[column * size + inner];
      }
      if (row !== column) {
        factor[row * size + column] = sum / factor[column * size + column];
      } else if (0 < sum) {
        factor[row * size + row] = Math.sqrt(sum);
      } else {
        throw new RangeError(`the matrix is not positive definite (row ${row})`);
      }
    }
  }
  return factor;
}
