import type { ObjectiveContribution, RowError, ScoredRow } from '../reward/rewardBreakdown';
import type { ScoredKind } from './datasetOverview';
import type { ScoreEntry } from './scoreTable';

/** One row of the data-set page's table. */
export interface DatasetPageRow {
  /** Place in the data set, from 0: names the row in requests. */
  readonly row: number;
  readonly id: string;
  readonly kind: ScoredKind;
  /** Line in the source, from 0; null: not known. */
  readonly line: number | null;
  readonly subset: string | null;
  readonly excerpt: string;
  /** Margin, score, or best score; null for an error. */
  readonly rank: number | null;
  /** Only of pairs. */
  readonly chosen: number | null;
  readonly rejected: number | null;
  readonly tokens: number;
  readonly truncated: boolean;
  /** Of a pair: the objective that speaks most for the rejected response, with the difference of the contributions. */
  readonly against: { readonly objective: string; readonly difference: number } | null;
  /** Of a list: which response is best, from 0, and how many there are. */
  readonly best: { readonly index: number; readonly of: number } | null;
  readonly error: RowError | null;
}

export interface DatasetPage {
  readonly rows: readonly DatasetPageRow[];
  /** Rows that match the query, on all pages together. */
  readonly total: number;
}

/** @param scored the row's line in the output. */
export function describePageRow(row: number, entry: ScoreEntry, scored: ScoredRow): DatasetPageRow {
  const isPair = 'margin' in scored;
  const isList = 'responses' in scored;
  const texts =
    'error' in scored ? [] : isPair ? [scored.chosen, scored.rejected] : isList ? scored.responses : [scored];
  return {
    row,
    id: scored.id,
    kind: entry.kind,
    line: entry.line < 0 ? null : entry.line,
    subset: entry.subset,
    excerpt: entry.excerpt,
    rank: Number.isNaN(entry.rank) ? null : entry.rank,
    chosen: isPair ? scored.chosen.score : null,
    rejected: isPair ? scored.rejected.score : null,
    tokens: entry.tokens,
    truncated: texts.some(({ truncated }) => truncated),
    against: isPair ? findAgainst(scored.chosen.objectives, scored.rejected.objectives) : null,
    best: isList ? { index: scored.best, of: scored.responses.length } : null,
    error: 'error' in scored ? scored.error : null,
  };
}

/** null where nothing speaks for the rejected response, and where there is but one objective. */
function findAgainst(
  chosen: readonly ObjectiveContribution[],
  rejected: readonly ObjectiveContribution[],
): DatasetPageRow['against'] {
  if (chosen.length < 2) return null;
  let lowest: DatasetPageRow['against'] = null;
  for (const [index, { name, contribution }] of chosen.entries()) {
    const difference = contribution - (rejected[index]?.contribution ?? 0);
    if (difference < (lowest?.difference ?? 0)) lowest = { objective: name, difference };
  }
  return lowest;
}
