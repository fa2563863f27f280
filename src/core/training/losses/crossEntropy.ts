import { logSoftmax, multiply, reduceSum, subtract } from '../../onnx/operators';
import { divide, negate, softplus, sumOf } from '../../onnx/trainingOperators';
import type { Value } from '../../onnx/value';

export interface BinaryCrossEntropyInputs {
  readonly logits: Value; // [rows]
  /** Between 0 and 1; [rows]. */
  readonly targets: Value;
  /** How much each row counts, at least one more than 0; [rows]. */
  readonly weights: Value;
}

/** −Σ w·(t·log σ(z) + (1 − t)·log(1 − σ(z))) / Σ w, as Σ w·(softplus(z) − t·z) / Σ w. */
export function binaryCrossEntropy({ logits, targets, weights }: BinaryCrossEntropyInputs): Value {
  const losses = subtract(softplus(logits), multiply(targets, logits));
  return divide(sumOf(multiply(weights, losses)), sumOf(weights));
}

export interface ClassCrossEntropyInputs {
  readonly logits: Value; // [rows, classes]
  /** The probability of each class, such as 1 for the right one and 0 else; [rows, classes]. */
  readonly targets: Value;
  /** How much each row counts (a weight a class: that of its class), at least one more than 0; [rows]. */
  readonly weights: Value;
}

/** −Σ w·Σ t·log softmax(z) / Σ w over rows and classes. */
export function classCrossEntropy({ logits, targets, weights }: ClassCrossEntropyInputs): Value {
  const likelihoods = reduceSum(multiply(targets, logSoftmax(logits)), 1);
  return negate(divide(sumOf(multiply(weights, likelihoods)), sumOf(weights)));
}
