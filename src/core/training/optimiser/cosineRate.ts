export interface CosineSchedule {
  readonly rate: number;
  readonly steps: number;
}

/** The learning rate of a step (from 0): from `rate` to 0 along half a cosine. Loshchilov and Hutter 2017, eq. 5. */
export function cosineRate({ rate, steps }: CosineSchedule, step: number): number {
  return (rate / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
