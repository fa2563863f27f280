import { multiply, subtract } from '../../onnx/operators';
import { divide, sumOf } from '../../onnx/trainingOperators';
import type { Value } from '../../onnx/value';

export interface SquaredErrorInputs {
  readonly predictions: Value; // [rows]
  readonly targets: Value; // [rows]
  /** How much each row counts, at least one more than 0; [rows]. */
  readonly weights: Value;
}

/** Σ w·(prediction − target)² / Σ w. */
export function squaredErrorLoss({ predictions, targets, weights }: SquaredErrorInputs): Value {
  const errors = subtract(predictions, targets);
  return divide(sumOf(multiply(weights, multiply(errors, errors))), sumOf(weights));
}
