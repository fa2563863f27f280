import type { TextDocument } from 'vscode';
import { commands, l10n, Position, Range, TextEditorRevealType, Uri, ViewColumn, window, workspace } from 'vscode';
import type { DataDocuments } from '../promptFile/dataDocuments';

export interface SourceRow {
  /** Absolute path of the data file. */
  readonly path: string;
  readonly id: string;
  /** Line on which the row began when it was scored, from 0. */
  readonly line: number;
  /** The keyboard goes to the editor. */
  readonly focus: boolean;
  /** Where the page is: the file opens elsewhere. */
  readonly pageColumn: ViewColumn | undefined;
}

/** Lines before and after the place of a row in which it is looked for when the file was edited. */
const searchedLines = 500;

/** Files whose rows can be shown in a text editor. */
export function isTextFile(path: string): boolean {
  return /\.(jsonl|ndjson|json)$/i.test(path);
}

/** Shows the row in its file; where it has moved, finds it by its id. @returns false: it is not where it was. */
export async function openSourceRow(documents: DataDocuments, row: SourceRow): Promise<boolean> {
  const uri = Uri.file(row.path);
  const viewColumn = columnFor(uri, row.pageColumn);
  const show = { viewColumn, preserveFocus: !row.focus, preview: true };
  let document: TextDocument;
  try {
    document = await workspace.openTextDocument(uri);
  } catch {
    // The editor shows large files, but not to extensions.
    const selection = new Range(row.line, 0, row.line, 0);
    await commands.executeCommand('vscode.open', uri, { ...show, selection });
    return true;
  }
  const found = findRow(documents, document, row);
  const start = found ?? new Position(Math.min(row.line, document.lineCount - 1), 0);
  const range = new Range(start, start);
  const editor = await window.showTextDocument(document, { ...show, selection: range });
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  if (found === null) {
    window.setStatusBarMessage(l10n.t('Row {0} is not on its line any more', row.id), 5000);
  }
  return found !== null;
}

function findRow(documents: DataDocuments, document: TextDocument, { id, line }: SourceRow): Position | null {
  for (let distance = 0; distance <= searchedLines; distance += 1) {
    for (const candidate of distance === 0 ? [line] : [line - distance, line + distance]) {
      const row = documents.rowAt(document, new Position(Math.max(0, candidate), 0));
      if (row?.data.id === id) return row.range.start;
      // A row that cannot be read is in the table too, and its line is all that is known of it.
      if (distance === 0 && row === null && candidate < document.lineCount) return new Position(candidate, 0);
    }
  }
  return null;
}

function columnFor(uri: Uri, pageColumn: ViewColumn | undefined): ViewColumn {
  const visible = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  if (visible?.viewColumn !== undefined) return visible.viewColumn;
  return pageColumn === undefined || pageColumn === ViewColumn.One ? ViewColumn.Two : ViewColumn.One;
}
