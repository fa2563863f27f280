/** Sums over the weights of a tensor: of the squared differences that quantisation made, and of the squared weights. */
export interface QuantisationLoss {
  readonly squaredError: number;
  readonly squaredSum: number;
}

/** Root of the mean squared error relative to the root of the mean squared weight. */
export function relativeLoss({ squaredError, squaredSum }: QuantisationLoss): number {
  return squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredSum);
}
