import { createHash } from 'node:crypto';
import type { TextDocument, WorkspaceEditEntryMetadata } from 'vscode';
import { l10n, Position, Range, workspace, WorkspaceEdit } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { TextEdit } from '../../core/labels/rowEdits';
import { cutElements, markReviewed, swapLabels } from '../../core/labels/rowEdits';
import type { Span } from '../../core/promptFile/locateJson';
import type { RowFix } from '../commands';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { isLineFile } from '../promptFile/rowSelector';

/** Changes to a document, as text: what is not changed stays byte for byte, and one undo takes all back. */
export class RowFixer {
  readonly #documents: DataDocuments;

  constructor(documents: DataDocuments) {
    this.#documents = documents;
  }

  /** Whether a row can be cut out of the document. */
  canDrop(document: TextDocument): boolean {
    if (isLineFile(document)) return true;
    // One row that is the whole file can only be deleted with it.
    return this.#documents.isWhole(document) && /[[,]\s*$/.test(textBefore(document, this.#firstRow(document)));
  }

  /** @throws AlidadeError `row` when the row is not there any more, or another one. */
  async apply(document: TextDocument, { kind, row: target, hash }: RowFix): Promise<void> {
    const row = this.#documents.anyRowAt(document, new Position(target.line, target.character));
    if (row === null || hashRow(document, row) !== hash) throw changed();
    const edit = new WorkspaceEdit();
    if (kind === 'drop') this.#drop(edit, document, new Set([row]));
    else rewrite(edit, document, row, kind === 'swap' ? swapLabels : markReviewed);
    // The editor refuses an edit of a text that has changed meanwhile.
    if (!(await workspace.applyEdit(edit))) throw changed();
  }

  /** As one edit, of which the user sees a preview first. */
  async swapAll(document: TextDocument, rows: readonly DocumentRow[]): Promise<void> {
    const edit = new WorkspaceEdit();
    const metadata = { needsConfirmation: true, label: l10n.t('Swap chosen and rejected') };
    for (const row of rows) rewrite(edit, document, row, swapLabels, metadata);
    await workspace.applyEdit(edit);
  }

  /** As one edit, of which the user sees a preview first. */
  async dropAll(document: TextDocument, rows: readonly DocumentRow[]): Promise<void> {
    const edit = new WorkspaceEdit();
    this.#drop(edit, document, new Set(rows), { needsConfirmation: true, label: l10n.t('Drop the duplicates') });
    await workspace.applyEdit(edit);
  }

  #drop(
    edit: WorkspaceEdit,
    document: TextDocument,
    dropped: ReadonlySet<DocumentRow>,
    metadata?: WorkspaceEditEntryMetadata,
  ): void {
    const ranges = isLineFile(document)
      ? cutLines(document, new Set([...dropped].map(({ range }) => range.start.line)))
      : this.#cutElements(document, dropped);
    for (const range of ranges) edit.delete(document.uri, range, metadata);
  }

  #cutElements(document: TextDocument, dropped: ReadonlySet<DocumentRow>): readonly Range[] {
    const rows = [...this.#documents.allRows(document)].filter((row) => row !== null);
    const identities = new Set([...dropped].map(({ identity }) => identity));
    const spans = rows.map(({ data }) => data.span);
    return cutElements(spans, (index) => identities.has(rows[index]?.identity ?? {})).map(
      ({ start, end }) => new Range(document.positionAt(start), document.positionAt(end)),
    );
  }

  #firstRow(document: TextDocument): DocumentRow | null {
    for (const row of this.#documents.allRows(document)) return row;
    return null;
  }
}

/** Tells a row that was edited from the one that a fix was offered for. */
export function hashRow(document: TextDocument, { range }: DocumentRow): string {
  return createHash('sha1').update(document.getText(range)).digest('base64');
}

function rewrite(
  edit: WorkspaceEdit,
  document: TextDocument,
  { range }: DocumentRow,
  change: (source: string) => readonly TextEdit[] | null,
  metadata?: WorkspaceEditEntryMetadata,
): void {
  const source = document.getText(range);
  const changes = change(source) ?? [];
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined) return;
  // One edit a row: in a preview its parts could be chosen one by one, and half a swap would lose a reply.
  const span = { start: first.span.start, end: last.span.end };
  const start = document.offsetAt(range.start);
  const place = new Range(document.positionAt(start + span.start), document.positionAt(start + span.end));
  edit.replace(document.uri, place, replaceWithin(source, span, changes), metadata);
}

/** Whole lines with their breaks; where the last line goes, the break before it goes too. */
function cutLines(document: TextDocument, lines: ReadonlySet<number>): readonly Range[] {
  const ranges: Range[] = [];
  const last = document.lineCount - 1;
  for (const first of [...lines].sort((a, b) => a - b)) {
    if (lines.has(first - 1)) continue;
    let end = first;
    while (lines.has(end + 1)) end += 1;
    if (end < last) ranges.push(new Range(first, 0, end + 1, 0));
    else if (first === 0) ranges.push(new Range(new Position(0, 0), document.lineAt(end).range.end));
    else ranges.push(new Range(document.lineAt(first - 1).range.end, document.lineAt(end).range.end));
  }
  return ranges;
}

/** The text of a span after some changes within it. */
function replaceWithin(source: string, { start, end }: Span, changes: readonly TextEdit[]): string {
  let [text, at] = ['', start];
  for (const change of changes) {
    text += source.slice(at, change.span.start) + change.text;
    at = change.span.end;
  }
  return text + source.slice(at, end);
}

function textBefore(document: TextDocument, row: DocumentRow | null): string {
  return row === null ? '' : document.getText(new Range(new Position(0, 0), row.range.start));
}

function changed(): AlidadeError {
  return new AlidadeError({
    code: 'row',
    message: l10n.t('the row has changed since, and was left as it is'),
    hint: l10n.t('open the quick fixes again'),
  });
}
