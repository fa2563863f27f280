/** C, A and B of a product; row-major. */
export interface ProductParams {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Rows of the result. */
  readonly m: number;
  /** Columns of the result. */
  readonly n: number;
  /** What is summed over. */
  readonly k: number;
}

/** Products in double precision: all that large linear systems are made of. Results are new arrays [m, n]. */
export interface MatrixProducts {
  /** A·Bᵀ for A [m, k] and B [n, k]. */
  byTransposed(params: ProductParams): Promise<Float64Array>;
  /** C − A·Bᵀ for A [m, k], B [n, k] and C [m, n]. */
  lessByTransposed(params: ProductParams & { readonly c: Float64Array }): Promise<Float64Array>;
  /** A·B for A [m, k] and B [k, n]. */
  plain(params: ProductParams): Promise<Float64Array>;
  /** Aᵀ·B for A [k, m] and B [k, n]. */
  transposedBy(params: ProductParams): Promise<Float64Array>;
}
