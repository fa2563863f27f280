/** The features of a set of texts, dense or sparse (`Self`): all that fitting and scoring a linear model needs. */
export interface DesignMatrix<Self = unknown> {
  readonly rows: number;
  readonly columns: number;
  /** X·v for v [columns]; gives [rows]. */
  multiply(vector: Float64Array): Float64Array;
  /** Xᵀ·v for v [rows]; gives [columns]. */
  multiplyTransposed(vector: Float64Array): Float64Array;
  /** The rows with these indices, in this order. */
  takeRows(indices: readonly number[]): Self;
}
