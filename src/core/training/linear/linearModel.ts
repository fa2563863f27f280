import type { DesignMatrix } from './designMatrix';

/** f(x) = w·x + b. */
export interface LinearModel {
  readonly weight: Float64Array; // [columns]
  readonly bias: number;
}

/** w·x + b for every row; [rows]. */
export function predictLinear(model: LinearModel, matrix: DesignMatrix): Float64Array {
  return matrix.multiply(model.weight).map((value) => value + model.bias);
}

/** 1 / (1 + exp(−z)) without overflow. */
export function sigmoid(z: number): number {
  if (z < 0) {
    const exponential = Math.exp(z);
    return exponential / (1 + exponential);
  }
  return 1 / (1 + Math.exp(-z));
}

/** log(1 + exp(z)) without overflow. */
export function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}
