import { solvePositiveDefinite } from './cholesky';
import type { DenseMatrix } from './denseMatrix';
import type { LinearModel } from './linearModel';

export interface RidgePathParams {
  readonly matrix: DenseMatrix; // [rows, columns]
  readonly targets: ArrayLike<number>; // [rows]
  /** Strengths of the penalty, each above 0. */
  readonly lambdas: readonly number[];
}

export interface RidgeParams {
  readonly matrix: DenseMatrix; // [rows, columns]
  readonly targets: ArrayLike<number>; // [rows]
  /** Strength of the penalty, 0 < lambda. */
  readonly lambda: number;
}

/** As `fitRidge`, for several penalties at once: the products of the features are made once. Models in their order. */
export function fitRidgePath({ matrix, targets, lambdas }: RidgePathParams): LinearModel[] {
  const { rows, columns } = matrix;
  const means = columnMeans(matrix);
  const centred = matrix.values.map((value, index) => value - means[index % columns]); // [rows, columns]
  let targetMean = 0;
  for (let row = 0; row < rows; row++) {
    targetMean += targets[row] / rows;
  }
  const centredTargets = Float64Array.from(targets, (value) => value - targetMean);
  const solve = rows < columns ? dualSolver : primalSolver;
  const weightFor = solve({ centred, rows, columns, targets: centredTargets });
  return lambdas.map((lambda) => {
    const weight = weightFor(lambda);
    const bias = weight.reduce((sum, value, column) => sum - value * means[column], targetMean);
    return { weight, bias };
  });
}

/**
 * Minimises ‖X·w + b − y‖² + λ‖w‖²; the intercept b is not penalised.
 * With centred X and y: w = (XᵀX + λI)⁻¹Xᵀy, or the equal Xᵀ(XXᵀ + λI)⁻¹y where there are fewer rows than columns.
 */
export function fitRidge({ matrix, targets, lambda }: RidgeParams): LinearModel {
  return fitRidgePath({ matrix, targets, lambdas: [lambda] })[0];
}

interface Centred {
  readonly centred: Float64Array; // [rows, columns]
  readonly rows: number;
  readonly columns: number;
  readonly targets: Float64Array; // [rows], centred
}

/** Gives w [columns] for a penalty. */
type Solver = (lambda: number) => Float64Array;

function primalSolver({ centred, rows, columns, targets }: Centred): Solver {
  const gram = new Float64Array(columns * columns); // XᵀX, lower triangle
  const right = new Float64Array(columns); // Xᵀy
  for (let row = 0; row < rows; row++) {
    const x = centred.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < columns; i++) {
      right[i] += x[i] * targets[row];
      for (let j = 0; j <= i; j++) {
        gram[i * columns + j] += x[i] * x[j];
      }
    }
  }
  return (lambda) => solvePositiveDefinite(plusDiagonal(gram, columns, lambda), right);
}

function dualSolver({ centred, rows, columns, targets }: Centred): Solver {
  const kernel = new Float64Array(rows * rows); // XXᵀ, lower triangle
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let column = 0; column < columns; column++) {
        sum += centred[i * columns + column] * centred[j * columns + column];
      }
      kernel[i * rows + j] = sum;
    }
  }
  return (lambda) => {
    const dual = solvePositiveDefinite(plusDiagonal(kernel, rows, lambda), targets);
    const weight = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        weight[column] += centred[row * columns + column] * dual[row];
      }
    }
    return weight;
  };
}

/** A + λI for A [size, size]. */
function plusDiagonal(matrix: Float64Array, size: number, lambda: number): Float64Array {
  const sum = matrix.slice();
  for (let index = 0; index < size; index++) {
    sum[index * size + index] += lambda;
  }
  return sum;
}

function columnMeans({ values, rows, columns }: DenseMatrix): Float64Array {
  const means = new Float64Array(columns);
  for (let index = 0; index < values.length; index++) {
    means[index % columns] += values[index] / rows;
  }
  return means;
}
