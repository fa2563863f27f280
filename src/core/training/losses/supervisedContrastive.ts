import { multiply, reduceSum, scale, shift, subtract } from '../../onnx/operators';
import { divide, gemm, maskedLogSumExp, sumOf, unitRows } from '../../onnx/trainingOperators';
import type { Value } from '../../onnx/value';

export interface ContrastiveInputs {
  /** Not yet of length 1; [views, size]. */
  readonly features: Value;
  /** 1 where the column's view is a positive of the row's; [views, views]. */
  readonly positives: Value;
  /** 1 where the column's view is in the row's denominator; [views, views]. */
  readonly compared: Value;
  readonly temperature: number;
}

/**
 * Mean over the views that have a positive of −1/|P| Σ_P log(exp(z·z_p/τ) / Σ_A exp(z·z_a/τ)): Khosla et al. 2020
 * (arXiv:2004.11362), eq. 2. What P and A are is in the masks. Without any positive it is 0.
 */
export function contrastiveLoss({ features, positives, compared, temperature }: ContrastiveInputs): Value {
  const unit = unitRows(features);
  const similarities = scale(gemm(unit, unit, { transposeRight: true }), 1 / temperature);
  const logProbabilities = subtract(similarities, maskedLogSumExp(similarities, compared));
  const counts = reduceSum(positives, 1);
  // A view without a positive adds 0, whatever it is divided by.
  const sums = reduceSum(multiply(positives, logProbabilities), 1);
  const tiny = 1e-12;
  const means = divide(sums, shift(counts, tiny));
  const anchors = sumOf(divide(counts, shift(counts, tiny)));
  return scale(divide(sumOf(means), shift(anchors, tiny)), -1);
}

export interface View {
  /** Which example it is a view of. */
  readonly example: number;
  readonly label: number | string;
  /** The group whose label must not be read from the features. */
  readonly group: number | string;
}

/** Masks of `contrastiveLoss`, row by row; [views, views]. */
export interface ContrastiveMasks {
  readonly positives: Float32Array;
  readonly compared: Float32Array;
}

/** Positives have the same label; all other views are compared. */
export function labelMasks(views: readonly View[]): ContrastiveMasks {
  return masksOf(views, {
    isPositive: (anchor, other) => anchor.label === other.label,
    isCompared: () => true,
  });
}

/**
 * The conditional variant: the positive is another view of the same example, the negatives share label and group (Chi et
 * al. 2022, arXiv:2205.11485).
 */
export function conditionalMasks(views: readonly View[]): ContrastiveMasks {
  const isPositive = (anchor: View, other: View): boolean => anchor.example === other.example;
  return masksOf(views, {
    isPositive,
    isCompared: (anchor, other) =>
      isPositive(anchor, other) || (anchor.label === other.label && anchor.group === other.group),
  });
}

interface MaskRules {
  readonly isPositive: (anchor: View, other: View) => boolean;
  readonly isCompared: (anchor: View, other: View) => boolean;
}

/** A view is never compared with itself. */
function masksOf(views: readonly View[], { isPositive, isCompared }: MaskRules): ContrastiveMasks {
  const positives = new Float32Array(views.length ** 2);
  const compared = new Float32Array(views.length ** 2);
  views.forEach((anchor, row) => {
    views.forEach((other, column) => {
      if (row === column) return;
      positives[row * views.length + column] = isPositive(anchor, other) ? 1 : 0;
      compared[row * views.length + column] = isCompared(anchor, other) ? 1 : 0;
    });
  });
  return { positives, compared };
}
