import type { MergeMeasurement } from './mergeMeasurement';

/** A point on the reward–forgetting plane: one recipe that has been measured. */
export interface MergeTrial {
  /** Shares of the model before RLHF, one a block; null where the recipe is no average by blocks. */
  readonly ratios: readonly number[] | null;
  /** The recipe as it was. */
  readonly recipe: string;
  readonly measurement: MergeMeasurement;
}
