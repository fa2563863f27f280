/** What a merged model is like, measured without writing it. */
export interface MergeMeasurement {
  /** null: nothing was to be scored. */
  readonly reward: {
    /** Mean over the rows that could be scored; pairs count with their margin. */
    readonly mean: number;
    readonly rows: readonly { readonly id: string; readonly reward: number | null; readonly error: string | null }[];
    /** Whose rewards they are: the merged model's own head, or another reward model that scores what it generates. */
    readonly model: string;
    readonly isOfGenerated: boolean;
  } | null;
  /** null: nothing was to be read, or the model has no language-model head. */
  readonly perplexity: {
    readonly tokens: number;
    readonly nll: number;
    readonly perplexity: number;
    /** Texts, by the id of their row, that could not be read and do not count. */
    readonly errors?: readonly { readonly id: string; readonly error: string }[];
  } | null;
  /** Tensors that were merged anew, and how long that took. */
  readonly mergedTensors: number;
  readonly mergeMilliseconds: number;
  readonly milliseconds: number;
}
