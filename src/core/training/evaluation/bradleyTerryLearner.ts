import type { Learner } from '../linear/crossValidation';
import type { DesignMatrix } from '../linear/designMatrix';
import { sigmoid, softplus, type LinearModel } from '../linear/linearModel';
import { minimise } from '../linear/minimise';

/**
 * Minimises Σᵢ log(1 + exp(−w·dᵢ)) + λ/2·‖w‖² over differences d of chosen minus rejected features; there is no intercept,
 * since what both responses have in common decides nothing. Targets are not looked at: every row is in order.
 * Source: R. A. Bradley and M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39 (1952).
 */
export const bradleyTerryLearner: Learner = {
  fitPath(matrix, _targets, lambdas) {
    const models: LinearModel[] = [];
    for (const lambda of lambdas) {
      const start = models.at(-1)?.weight;
      models.push({ weight: fitBradleyTerry({ matrix, lambda, ...(start && { start }) }), bias: 0 });
    }
    return models;
  },
  loss: (predictions) => predictions.reduce((sum, margin) => sum + softplus(-margin), 0) / predictions.length,
};

export interface BradleyTerryFit {
  readonly matrix: DesignMatrix;
  readonly lambda: number;
  /** Where to start from, such as the weights of the next larger lambda. */
  readonly start?: Float64Array;
  /** As in `minimise`. */
  readonly scaleStep?: (gradient: Float64Array) => Float64Array;
  /** Default 1000. */
  readonly maxIterations?: number;
}

/** The weights that minimise it; [columns]. */
export function fitBradleyTerry(params: BradleyTerryFit): Float64Array {
  const { matrix, lambda, start, scaleStep, maxIterations = 1000 } = params;
  return minimise({
    start: start ?? new Float64Array(matrix.columns),
    tolerance: 1e-6,
    maxIterations,
    ...(scaleStep && { scaleStep }),
    evaluate(point) {
      let value = 0;
      const slopes = matrix.multiply(point).map((margin) => {
        value += softplus(-margin);
        return -sigmoid(-margin);
      });
      const gradient = matrix.multiplyTransposed(slopes);
      for (let column = 0; column < point.length; column += 1) {
        value += (lambda / 2) * point[column] ** 2;
        gradient[column] += lambda * point[column];
      }
      return { value, gradient };
    },
  });
}
