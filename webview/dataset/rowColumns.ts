import type { ScoredKind } from '../../src/core/dataset/datasetOverview';
import type { DatasetPageRow } from '../../src/core/dataset/datasetPage';
import type { DatasetSort } from '../../src/core/dataset/datasetQuery';
import { formatNumber } from '../shared/formatNumber';
import { strings } from './strings';

export interface RowCell {
  readonly text: string;
  readonly hint?: string;
  /** Marked with a warning. */
  readonly flag?: true;
}

type ColumnKey = keyof typeof strings.columns;

export interface RowColumn {
  readonly key: ColumnKey;
  readonly name: string;
  readonly hint: string;
  readonly numeric: boolean;
  /** null: the table is not sorted by it. */
  readonly sort: DatasetSort | null;
  readonly cell: (row: DatasetPageRow) => RowCell;
}

export interface ColumnChoice {
  readonly hasSubsets: boolean;
  readonly hasLines: boolean;
  readonly manyObjectives: boolean;
}

/** The columns for a kind of row, in their order. */
export function columnsFor(
  kind: ScoredKind,
  { hasSubsets, hasLines, manyObjectives }: ColumnChoice,
): readonly RowColumn[] {
  const first = [id, ...(hasLines ? [line] : []), ...(hasSubsets ? [subset] : [])];
  switch (kind) {
    case 'pair':
      return [...first, margin, chosen, rejected, ...(manyObjectives ? [against] : []), prompt, why];
    case 'single':
      return [...first, score, tokens, prompt, why];
    case 'list':
      return [...first, best, which, tokens, prompt, why];
    case 'error':
      return [...first, error, prompt];
  }
}

function column(
  key: ColumnKey,
  cell: RowColumn['cell'],
  { sort = null, numeric = false }: { readonly sort?: DatasetSort | null; readonly numeric?: boolean } = {},
): RowColumn {
  return { key, name: strings.columns[key], hint: strings.columnHints[key], numeric, sort, cell };
}

function number(value: number | null, signed = false): RowCell {
  return value === null ? { text: '' } : { text: formatNumber(value, { signed }), hint: strings.exact(String(value)) };
}

const id = column('row', (row) => ({ text: row.id, hint: row.id }), { sort: 'place' });
const line = column('line', (row) => ({ text: row.line === null ? '' : strings.lineNumber(row.line + 1) }), {
  numeric: true,
});
const subset = column('subset', (row) => ({ text: row.subset ?? '', hint: row.subset ?? '' }));
const margin = column('margin', (row) => number(row.rank, true), { sort: 'rank', numeric: true });
const chosen = column('chosen', (row) => number(row.chosen), { sort: 'chosen', numeric: true });
const rejected = column('rejected', (row) => number(row.rejected), { sort: 'rejected', numeric: true });
const against = column('against', (row) =>
  row.against === null
    ? { text: '' }
    : {
        text: `${row.against.objective} ${formatNumber(row.against.difference, { signed: true })}`,
        hint: `${row.against.objective}\n${row.against.difference}\n${strings.columnHints.against}`,
      },
);
const score = column('score', (row) => number(row.rank), { sort: 'rank', numeric: true });
const best = column('best', (row) => number(row.rank), { sort: 'rank', numeric: true });
const which = column('which', (row) => ({
  text: row.best === null ? '' : strings.bestOf(row.best.index + 1, row.best.of),
}));
const tokens = column(
  'tokens',
  (row) => ({
    text: row.tokens.toLocaleString('en'),
    ...(row.truncated ? { hint: strings.truncatedRow, flag: true as const } : {}),
  }),
  { sort: 'tokens', numeric: true },
);
const prompt = column('prompt', (row) => ({ text: row.excerpt, hint: row.excerpt }));
const error = column('error', (row) => ({ text: row.error?.message ?? '', hint: row.error?.message ?? '' }));
const why = column('why', () => ({ text: strings.why }));
