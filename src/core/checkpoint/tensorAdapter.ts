import type { TensorEntry } from './tensorEntry';

/**
 * What a LoRA adapter adds to a matrix: W′ = W + scale · B·A, or its transpose where W is stored as [inputs, outputs]
 * (tables of embeddings, GPT-2's Conv1D).
 */
export interface TensorAdapter {
  readonly a: TensorEntry; // [rank, inputs]
  readonly b: TensorEntry; // [outputs, rank]
  readonly rank: number;
  readonly scale: number;
  readonly isTransposed: boolean;
  /** DoRA: the length of every row of W′ (Liu et al. 2024, section 4.1); null: plain LoRA. */
  readonly magnitude: TensorEntry | null; // [outputs]
}
