import type { Learner } from '../linear/crossValidation';
import type { DesignMatrix } from '../linear/designMatrix';
import type { LinearModel } from '../linear/linearModel';
import { minimise } from '../linear/minimise';

/**
 * Ridge regression that never makes its matrix dense: minimises ½Σᵢ(w·xᵢ + b − tᵢ)² + λ/2·‖w‖² with gradients; the
 * intercept is not penalised. The loss is the mean squared error.
 */
export const sparseRidgeLearner: Learner = {
  fitPath(matrix, targets, lambdas) {
    const models: LinearModel[] = [];
    for (const lambda of lambdas) models.push(fit({ matrix, targets, lambda, start: models.at(-1) }));
    return models;
  },
  loss: (predictions, targets) =>
    predictions.reduce((sum, value, row) => sum + (value - targets[row]) ** 2, 0) / predictions.length,
};

interface FitParams {
  readonly matrix: DesignMatrix;
  readonly targets: Float64Array;
  readonly lambda: number;
  readonly start: LinearModel | undefined;
}

function fit({ matrix, targets, lambda, start }: FitParams): LinearModel {
  const { columns } = matrix;
  const first = new Float64Array(columns + 1); // [weight, bias]
  if (start === undefined) {
    first[columns] = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  } else {
    first.set(start.weight);
    first[columns] = start.bias;
  }
  const solution = minimise({
    start: first,
    tolerance: 1e-6,
    maxIterations: 1000,
    evaluate(point) {
      const weight = point.subarray(0, columns);
      const residual = matrix.multiply(weight).map((value, row) => value + point[columns] - targets[row]);
      const gradient = new Float64Array(columns + 1);
      gradient.set(matrix.multiplyTransposed(residual));
      gradient[columns] = residual.reduce((sum, part) => sum + part, 0);
      let value = residual.reduce((sum, part) => sum + part * part, 0) / 2;
      for (let column = 0; column < columns; column += 1) {
        value += (lambda / 2) * weight[column] ** 2;
        gradient[column] += lambda * weight[column];
      }
      return { value, gradient };
    },
  });
  return { weight: solution.slice(0, columns), bias: solution[columns] };
}
