import { solvePositiveDefinite } from './cholesky';
import type { DenseMatrix } from './denseMatrix';
import type { LinearModel } from './linearModel';

export interface RidgeParams {
  readonly matrix: DenseMatrix; // [rows, columns]
  readonly targets: ArrayLike<number>; // [rows]
  /** Strength of the penalty, 0 < lambda. */
  readonly lambda: number;
}

/**
 * Minimises ‖X·w + b − y‖² + λ‖w‖²; the intercept b is not penalised.
 * With centred X and y: w = (XᵀX + λI)⁻¹Xᵀy, or the equal Xᵀ(XXᵀ + λI)⁻¹y where there are fewer rows than columns.
 */
export function fitRidge({ matrix, targets, lambda }: RidgeParams): LinearModel {
  const { rows, columns } = matrix;
  const means = columnMeans(matrix);
  const centred = matrix.values.map((value, index) => value - means[index % columns]); // [rows, columns]
  let targetMean = 0;
  for (let row = 0; row < rows; row++) {
    targetMean += targets[row] / rows;
  }
  const centredTargets = Float64Array.from(targets, (value) => value - targetMean);
  const shape = { centred, rows, columns, lambda };
  const weight = rows < columns ? solveDual(shape, centredTargets) : solvePrimal(shape, centredTargets);
  const bias = weight.reduce((sum, value, column) => sum - value * means[column], targetMean);
  return { weight, bias };
}

interface Centred {
  readonly centred: Float64Array; // [rows, columns]
  readonly rows: number;
  readonly columns: number;
  readonly lambda: number;
}

function solvePrimal({ centred, rows, columns, lambda }: Centred, targets: Float64Array): Float64Array {
  const gram = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const x = centred.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < columns; i++) {
      right[i] += x[i] * targets[row];
      for (let j = 0; j <= i; j++) {
        gram[i * columns + j] += x[i] * x[j];
      }
    }
  }
  for (let i = 0; i < columns; i++) {
    gram[i * columns + i] += lambda;
  }
  return solvePositiveDefinite(gram, right);
}

function solveDual({ centred, rows, columns, lambda }: Centred, targets: Float64Array): Float64Array {
  const kernel = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? lambda : 0;
      for (let column = 0; column < columns; column++) {
        sum += centred[i * columns + column] * centred[j * columns + column];
      }
      kernel[i * rows + j] = sum;
    }
  }
  const dual = solvePositiveDefinite(kernel, targets);
  const weight = new Float64Array(columns);
  for (let index = 0; index < centred.length; index++) {
    weight[index % columns] += centred[index] * dual[Math.floor(index / columns)];
  }
  return weight;
}

function columnMeans({ values, rows, columns }: DenseMatrix): Float64Array {
  const means = new Float64Array(columns);
  for (let index = 0; index < values.length; index++) {
    means[index % columns] += values[index] / rows;
  }
  return means;
}
