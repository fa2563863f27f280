import type { LengthBiasSummary } from '../../core/labels/lengthBias';
import type { PairVerdict } from '../../core/labels/rowVerdict';
import type { RowError } from '../../core/reward/rewardBreakdown';
import type { DocumentRow } from '../promptFile/documentRow';

/** What is wrong with a row of a data file, or at least worth a look. */
export type LabelFinding = { readonly row: DocumentRow } & (
  | { readonly kind: 'unreadable'; readonly message: string }
  /** The model refuses it: too long, a template that fails, … */
  | { readonly kind: 'unscorable'; readonly error: RowError }
  | { readonly kind: 'contradicted'; readonly verdict: PairVerdict }
  | { readonly kind: 'truncated' }
  /** Chosen and rejected reply are the same text. */
  | { readonly kind: 'identical' }
  | {
      readonly kind: 'duplicate' | 'opposite';
      readonly other: DocumentRow;
      readonly similarity: number;
      /** To the last character, not only in its words. */
      readonly isExact: boolean;
    }
);

export type FindingKind = LabelFinding['kind'];

/** What is known of a document, as of one version. */
export interface LabelFindings {
  readonly list: readonly LabelFinding[];
  /** Only of files that were read as a whole. */
  readonly bias: LengthBiasSummary | null;
  /** Median of the margins of the scored pairs, whatever their sign; null: none is scored. */
  readonly typicalMargin: number | null;
  /** Rows that can be scored, and those that have been or cannot be after all. */
  readonly rows: number;
  readonly scored: number;
}
