/** Hidden states of many texts, one a row; they may lie in a file. */
export interface FeatureMatrix {
  readonly rows: number;
  /** The body's hidden size. */
  readonly columns: number;
  /** Writes the rows with these indices into `into` [indices.length, columns], in their order. */
  readRows(indices: ArrayLike<number>, into: Float32Array): void;
}

/** Which of the body's hidden states heads read: at one layer, at one or several places. */
export interface FeatureSpec {
  /** The residual stream after this many layers, or after the final norm. */
  readonly layer: number | 'final';
  /** `last`: the last token. `mean`: the mean over the response tokens. `gate`: the closing token of the prompt. */
  readonly places: readonly FeaturePlace[];
}

export type FeaturePlace = 'last' | 'mean' | 'gate';
