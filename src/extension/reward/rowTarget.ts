import type { TextDocument } from 'vscode';
import { l10n, Position, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RowTarget } from '../commands';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';

export interface FoundRow {
  readonly document: TextDocument;
  readonly row: DocumentRow;
}

/**
 * The row that a command means: the one named, else the one at the cursor.
 * @throws AlidadeError `row` when there is none.
 */
export async function findRow(documents: DataDocuments, target: RowTarget | undefined): Promise<FoundRow> {
  const editor = window.activeTextEditor;
  // From a menu of the editor a command gets the document's URI instead of a row.
  const named = isRowTarget(target) ? target : undefined;
  const document =
    named === undefined ? editor?.document : await workspace.openTextDocument(Uri.parse(named.uri, true));
  const start = new Position(0, 0);
  const position =
    named === undefined ? (editor?.selection.active ?? start) : new Position(named.line, named.character);
  const row = document === undefined ? null : documents.rowAt(document, position);
  if (document === undefined || row === null) {
    throw new AlidadeError({
      code: 'row',
      message: l10n.t('there is no row to score at the cursor'),
      hint: l10n.t('put the cursor on a row of a .jsonl or .json data file'),
    });
  }
  return { document, row };
}

/** @throws AlidadeError `row` with what is wrong with the row. */
export function readRow({ data }: DocumentRow): ScorableRow {
  if (data.row !== null) return data.row;
  throw new AlidadeError({ code: 'row', message: data.error?.message ?? l10n.t('the row cannot be read') });
}

export function isRowTarget(value: unknown): value is RowTarget {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'uri' in value &&
    typeof value.uri === 'string' &&
    'line' in value &&
    typeof value.line === 'number' &&
    'character' in value &&
    typeof value.character === 'number'
  );
}

export function targetOf(document: TextDocument, { line, character }: Position): RowTarget {
  return { uri: document.uri.toString(), line, character };
}
