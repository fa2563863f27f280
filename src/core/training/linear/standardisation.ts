import { denseMatrix, type DenseMatrix } from './denseMatrix';
import type { LinearModel } from './linearModel';

/** Mean and standard deviation (dividing by n) of every feature. A feature that never varies has sd 1. */
export interface Standardisation {
  readonly mean: Float64Array; // [columns]
  readonly standardDeviation: Float64Array; // [columns]
}

/** Two passes in double precision: hidden states have a few columns hundreds of times larger than the rest. */
export function fitStandardisation({ values, rows, columns }: DenseMatrix): Standardisation {
  const mean = new Float64Array(columns);
  for (let index = 0; index < values.length; index++) {
    mean[index % columns] += values[index] / rows;
  }
  const variance = new Float64Array(columns);
  for (let index = 0; index < values.length; index++) {
    variance[index % columns] += (values[index] - mean[index % columns]) ** 2 / rows;
  }
  const standardDeviation = variance.map((value, column) => {
    const deviation = Math.sqrt(value);
    return deviation <= 1e-12 * Math.max(1, Math.abs(mean[column])) ? 1 : deviation;
  });
  return { mean, standardDeviation };
}

/** (x − mean) / sd; a new matrix. */
export function standardise(matrix: DenseMatrix, { mean, standardDeviation }: Standardisation): DenseMatrix {
  const { values, columns } = matrix;
  return denseMatrix(
    values.map((value, index) => (value - mean[index % columns]) / standardDeviation[index % columns]),
    columns,
  );
}

/** The model over raw features that equals `model` over standardised ones: w' = w / sd, b' = b − Σ w'·mean. */
export function foldStandardisation(model: LinearModel, { mean, standardDeviation }: Standardisation): LinearModel {
  const weight = model.weight.map((value, column) => value / standardDeviation[column]);
  let bias = model.bias;
  for (let column = 0; column < weight.length; column++) {
    bias -= weight[column] * mean[column];
  }
  return { weight, bias };
}
