/** Sums over the weights of a tensor: of the squared differences that quantisation made, and of the squared weights. */
export interface QuantisationLoss {
  readonly squaredError: number;
  readonly squaredSum: number;
}

/** Adds a part of a tensor to the whole. */
export function addLoss(whole: { squaredError: number; squaredSum: number }, part: QuantisationLoss | null): void {
  whole.squaredError += part?.squaredError ?? 0;
  whole.squaredSum += part?.squaredSum ?? 0;
}

/** Root of the mean squared error relative to the root of the mean squared weight. */
export function relativeLoss({ squaredError, squaredSum }: QuantisationLoss): number {
  return 0 < squaredError ? Math.sqrt(squaredError / squaredSum) : 0;
}
