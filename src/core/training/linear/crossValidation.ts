import type { DesignMatrix } from './designMatrix';
import { groupedFolds } from './groupedFolds';
import { predictLinear, type LinearModel } from './linearModel';
import { fitLogistic, logLoss } from './logisticRegression';

/** How a linear model is fitted for one penalty, and how wrong its predictions are. */
export interface Learner<Matrix extends DesignMatrix = DesignMatrix> {
  /** Models for every lambda, in their order. */
  fitPath(matrix: Matrix, targets: Float64Array, lambdas: readonly number[]): LinearModel[];
  /** Mean loss of predictions w·x + b [rows]: the smaller the better. */
  loss(predictions: Float64Array, targets: Float64Array): number;
}

/** Logistic regression, each fit started from the one before it. */
export const logisticLearner: Learner = {
  fitPath(matrix, targets, lambdas) {
    const models: LinearModel[] = [];
    for (const lambda of lambdas) {
      const previous = models.at(-1);
      models.push(fitLogistic({ matrix, targets, lambda, ...(previous && { start: previous }) }));
    }
    return models;
  },
  loss: logLoss,
};

/** Features of a labelled set, and of any part of it. */
export interface LabelledSet<Matrix extends DesignMatrix = DesignMatrix> {
  readonly matrix: Matrix; // [rows, columns]
  readonly targets: Float64Array; // [rows]
  /** Rows of one group are never in two folds. */
  readonly groups: readonly string[]; // [rows]
}

export interface CrossValidationParams<Matrix extends DesignMatrix<Matrix>> {
  readonly set: LabelledSet<Matrix>;
  readonly learner: Learner<Matrix>;
  /** Penalties to choose from, largest first. */
  readonly lambdas: readonly number[];
  readonly folds: number;
  readonly seed: number;
}

export interface HeldOutPredictions {
  /** w·x + b of every row by the model that was fitted without its fold; [rows]. */
  readonly predictions: Float64Array;
  readonly fold: readonly number[]; // [rows]
  /** The penalty of each fold. */
  readonly lambdas: readonly number[]; // [folds]
}

export interface HeldOutParams<Matrix extends DesignMatrix<Matrix>> extends Omit<
  CrossValidationParams<Matrix>,
  'lambdas'
> {
  /** The penalty for a fold, given all rows outside it. */
  readonly lambdaFor: (inside: LabelledSet<Matrix>) => number;
}

/**
 * Every row as a model predicts it that has seen no row of its group.
 * @throws RangeError when there are fewer groups than folds.
 */
export function predictHeldOut<Matrix extends DesignMatrix<Matrix>>(params: HeldOutParams<Matrix>): HeldOutPredictions {
  const { set, learner, folds, seed, lambdaFor } = params;
  const fold = groupedFolds(set.groups, { folds, seed });
  const predictions = new Float64Array(set.groups.length);
  const lambdas: number[] = [];
  for (let held = 0; held < folds; held++) {
    const inside = takeSet(
      set,
      rowsWhere(fold, (value) => value !== held),
    );
    const lambda = lambdaFor(inside);
    const [model] = learner.fitPath(inside.matrix, inside.targets, [lambda]);
    const outside = rowsWhere(fold, (value) => value === held);
    const scores = predictLinear(model, set.matrix.takeRows(outside));
    outside.forEach((row, index) => (predictions[row] = scores[index]));
    lambdas.push(lambda);
  }
  return { predictions, fold, lambdas };
}

/**
 * The largest penalty whose mean loss over grouped folds is within one standard error of the smallest mean loss (Breiman
 * et al., Classification and Regression Trees, 1984, §3.4.3): of models that cannot be told apart, the least certain one.
 */
export function chooseLambda<Matrix extends DesignMatrix<Matrix>>(params: CrossValidationParams<Matrix>): number {
  const { set, learner, lambdas, folds, seed } = params;
  const fold = groupedFolds(set.groups, { folds, seed: seed + 1 });
  const losses = lambdas.map(() => new Float64Array(folds)); // [lambdas][folds]
  for (let held = 0; held < folds; held++) {
    const inside = takeSet(
      set,
      rowsWhere(fold, (value) => value !== held),
    );
    const outside = takeSet(
      set,
      rowsWhere(fold, (value) => value === held),
    );
    learner.fitPath(inside.matrix, inside.targets, lambdas).forEach((model, index) => {
      losses[index][held] = learner.loss(predictLinear(model, outside.matrix), outside.targets);
    });
  }
  const means = losses.map(mean);
  const best = means.indexOf(Math.min(...means));
  const limit = means[best] + standardError(losses[best]);
  return Math.max(...lambdas.filter((_, index) => means[index] <= limit));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: Float64Array): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

function takeSet<Matrix extends DesignMatrix<Matrix>>(
  set: LabelledSet<Matrix>,
  rows: readonly number[],
): LabelledSet<Matrix> {
  return {
    matrix: set.matrix.takeRows(rows),
    targets: Float64Array.from(rows, (row) => set.targets[row]),
    groups: rows.map((row) => set.groups[row]),
  };
}

function rowsWhere(fold: readonly number[], accept: (fold: number) => boolean): number[] {
  return fold.flatMap((value, row) => (accept(value) ? [row] : []));
}
