export interface AdamWOptions {
  /** Share of each weight that a step of rate 1 takes away. */
  readonly weightDecay: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** What AdamW remembers of one parameter: running means of its gradient and of the square. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export interface AdamWStep {
  /** Changed in place. */
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  /** Changed in place; zeros before the first step. */
  readonly moments: Moments;
  /** From 1. */
  readonly step: number;
  readonly rate: number;
}

/** Adam with decoupled weight decay: Loshchilov and Hutter 2019 (arXiv:1711.05101), algorithm 2, as in torch.optim.AdamW. */
export function stepAdamW(
  { parameter, gradient, moments: { first, second }, step, rate }: AdamWStep,
  { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWOptions,
): void {
  const kept = 1 - rate * weightDecay;
  const size = rate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  const [new1, new2] = [1 - beta1, 1 - beta2];
  for (let index = 0; index < parameter.length; index++) {
    const slope = gradient[index];
    const mean = beta1 * first[index] + new1 * slope;
    const square = beta2 * second[index] + new2 * slope * slope;
    first[index] = mean;
    second[index] = square;
    parameter[index] = kept * parameter[index] - (size * mean) / (Math.sqrt(square) * correction + epsilon);
  }
}
