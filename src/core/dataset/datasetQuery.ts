import type { ScoredKind } from './datasetOverview';

/** By what the table is sorted; `rank`: margin of pairs, score of single responses, best score of lists. */
export type DatasetSort = 'rank' | 'chosen' | 'rejected' | 'tokens' | 'place';

/** Which rows of a scored data set, and in which order. */
export interface DatasetQuery {
  readonly kind: ScoredKind;
  readonly sort: DatasetSort;
  readonly descending: boolean;
  /** Only rows of this subset. */
  readonly subset: string | null;
  /** Only rows whose rank lies in `from` ≤ rank < `to`; with `from` = `to`, exactly there. */
  readonly range: { readonly from: number; readonly to: number } | null;
}
