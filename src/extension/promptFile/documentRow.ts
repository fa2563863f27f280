import type { TextDocument } from 'vscode';
import { Position, Range } from 'vscode';
import type { Span } from '../../core/promptFile/locateJson';
import type { RowPart } from '../../core/promptFile/locateRowParts';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { parseDataLine } from '../../core/promptFile/parseDataFile';

/** A row with its places in the document. */
export interface DocumentRow {
  readonly data: DataRow;
  readonly range: Range;
  readonly parts: readonly (Omit<RowPart, 'span'> & { readonly range: Range })[];
  /** What the row's error is about; null without one. */
  readonly errorRange: Range | null;
  /** The same object as long as the row's text is the same, wherever it moves: what is known of a text hangs on it. */
  readonly identity: object;
}

/** The row on a line; null: the line is blank. */
export function locateLineRow(document: TextDocument, line: number, identity: object = {}): DocumentRow | null {
  const data = parseDataLine(document.lineAt(line).text, line);
  if (data === null) return null;
  return locateRow(data, ({ start, end }) => new Range(line, start, line, end), identity);
}

export function locateRow(data: DataRow, toRange: (span: Span) => Range, identity: object): DocumentRow {
  const parts = data.parts.map(({ span, ...part }) => ({ ...part, range: toRange(span) }));
  const errorRange = data.error === null ? null : toRange(data.error.span);
  return { data, range: toRange(data.span), parts, errorRange, identity };
}

/** A row of a line file whose text is now on another line. */
export function moveRow(row: DocumentRow, document: TextDocument, line: number): DocumentRow | null {
  const { data } = row;
  // Without an id of its own it is called by its line, in errors too.
  if (data.error !== null || data.id === String(data.line + 1)) return locateLineRow(document, line, row.identity);
  const delta = line - row.range.start.line;
  const moved = ({ start, end }: Range): Range => new Range(down(start, delta), down(end, delta));
  return {
    ...row,
    data: { ...data, line },
    range: moved(row.range),
    parts: row.parts.map((part) => ({ ...part, range: moved(part.range) })),
  };
}

function down({ line, character }: Position, delta: number): Position {
  return new Position(line + delta, character);
}
