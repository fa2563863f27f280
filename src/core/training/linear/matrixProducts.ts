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

/** Without any runtime: slow, and what faster ones are held against. */
export const plainProducts: MatrixProducts = {
  byTransposed: (params) =>
    Promise.resolve(multiply(params, { aRow: params.k, aInner: 1, bInner: 1, bColumn: params.k })),
  lessByTransposed(params) {
    const product = multiply(params, { aRow: params.k, aInner: 1, bInner: 1, bColumn: params.k });
    return Promise.resolve(product.map((value, index) => params.c[index] - value));
  },
  plain: (params) => Promise.resolve(multiply(params, { aRow: params.k, aInner: 1, bInner: params.n, bColumn: 1 })),
  transposedBy: (params) =>
    Promise.resolve(multiply(params, { aRow: 1, aInner: params.m, bInner: params.n, bColumn: 1 })),
};

/** Distances between neighbours in the arrays. */
interface Strides {
  readonly aRow: number;
  readonly aInner: number;
  readonly bInner: number;
  readonly bColumn: number;
}

function multiply({ a, b, m, n, k }: ProductParams, { aRow, aInner, bInner, bColumn }: Strides): Float64Array {
  const product = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let inner = 0; inner < k; inner++) {
        sum += a[row * aRow + inner * aInner] * b[inner * bInner + column * bColumn];
      }
      product[row * n + column] = sum;
    }
  }
  return product;
}
