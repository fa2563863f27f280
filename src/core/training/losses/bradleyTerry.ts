import { multiply, subtract } from '../../onnx/operators';
import { divide, negate, softplus, sumOf } from '../../onnx/trainingOperators';
import type { Value } from '../../onnx/value';

export interface BradleyTerryInputs {
  /** Score of the preferred response minus that of the other one; [pairs]. */
  readonly margins: Value;
  /** How much each pair counts, at least one more than 0; [pairs]. */
  readonly weights: Value;
  /** What a margin is to exceed, such as a difference of ratings; [pairs] or a scalar. */
  readonly target?: Value;
}

/** Σ w·log(1 + exp(−(margin − target))) / Σ w: Bradley and Terry (1952); with a target, Llama 2 (2023), eq. 2. */
export function bradleyTerryLoss({ margins, weights, target }: BradleyTerryInputs): Value {
  const exceeding = target === undefined ? margins : subtract(margins, target);
  return divide(sumOf(multiply(weights, softplus(negate(exceeding)))), sumOf(weights));
}
