import type { DesignMatrix } from './designMatrix';
import { sigmoid, softplus, type LinearModel } from './linearModel';
import { minimise } from './minimise';

export interface LogisticParams {
  readonly matrix: DesignMatrix; // [rows, columns]
  /** 0 or 1 a row. */
  readonly targets: ArrayLike<number>;
  /** Strength of the penalty, 0 < lambda. */
  readonly lambda: number;
  /** Where to start from, such as the model of the next larger lambda. */
  readonly start?: LinearModel;
}

/**
 * Minimises Σᵢ log(1 + exp(−sᵢ(w·xᵢ + b))) + λ/2·‖w‖², s = ±1; the intercept b is not penalised.
 * λ is 1/C of scikit-learn's LogisticRegression.
 */
export function fitLogistic({ matrix, targets, lambda, start }: LogisticParams): LinearModel {
  const { columns } = matrix;
  const first = new Float64Array(columns + 1); // [weight, bias]
  if (start !== undefined) {
    first.set(start.weight);
    first[columns] = start.bias;
  }
  const solution = minimise({
    start: first,
    tolerance: 1e-6,
    maxIterations: 1000,
    evaluate(parameters) {
      const weight = parameters.subarray(0, columns);
      const logits = matrix.multiply(weight).map((value) => value + parameters[columns]);
      let value = 0;
      const residual = logits.map((logit, row) => {
        value += softplus(logit) - targets[row] * logit;
        return sigmoid(logit) - targets[row];
      });
      const gradient = new Float64Array(columns + 1);
      gradient.set(matrix.multiplyTransposed(residual));
      for (let column = 0; column < columns; column++) {
        value += (lambda / 2) * weight[column] ** 2;
        gradient[column] += lambda * weight[column];
      }
      gradient[columns] = residual.reduce((sum, part) => sum + part, 0);
      return { value, gradient };
    },
  });
  return { weight: solution.slice(0, columns), bias: solution[columns] };
}

/** Mean of −log p(target) over the rows, for logits [rows]. */
export function logLoss(logits: ArrayLike<number>, targets: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < logits.length; row++) {
    sum += softplus(logits[row]) - targets[row] * logits[row];
  }
  return sum / logits.length;
}
