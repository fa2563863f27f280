/** What the rows of a data file have, as far as they were looked at. */
export interface DataFields {
  /** Absolute path. */
  readonly path: string;
  /** Why it cannot be read; null: it can. */
  readonly error: { readonly message: string; readonly hint: string | null } | null;
  readonly rows: number;
  /** Rows with a chosen and a rejected response; with one response; that are no conversation. */
  readonly pairs: number;
  readonly singles: number;
  readonly unreadable: number;
  /** There are more rows than were looked at. */
  readonly hasMore: boolean;
  readonly fields: readonly DataField[];
  /** For each of the paths that were asked for: rows that have anything there. */
  readonly found: readonly { readonly path: string; readonly count: number }[];
}

/** A field of rows that is neither a message nor a text to be scored. */
export interface DataField {
  /** Dotted: `ratings.engagingness`. */
  readonly path: string;
  /** Rows that have it. */
  readonly count: number;
  /** Numbers and truth values among them. */
  readonly numeric: number;
  /** Of the numbers; null without any. */
  readonly range: { readonly min: number; readonly max: number } | null;
  /** Different values as text, at most 50 of them. */
  readonly values: readonly string[];
  /** `values` are all that were seen. */
  readonly isComplete: boolean;
}
