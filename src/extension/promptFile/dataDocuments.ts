import type { TextDocument, Disposable } from 'vscode';
import { Position, Range, workspace } from 'vscode';
import type { Span } from '../../core/promptFile/locateJson';
import type { RowPart } from '../../core/promptFile/locateRowParts';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { parseDataFile, parseDataLine } from '../../core/promptFile/parseDataFile';
import { isLineFile, mayHoldRows } from './rowSelector';

/** A row with its places in the document. */
export interface DocumentRow {
  readonly data: DataRow;
  readonly range: Range;
  readonly parts: readonly (Omit<RowPart, 'span'> & { readonly range: Range })[];
}

interface ParsedDocument {
  readonly version: number;
  /** Line files are parsed line by line, as they are asked for. */
  readonly lines: Map<number, DocumentRow | null>;
  /** Every row of a JSON file, once asked for. */
  rows: readonly DocumentRow[] | null;
}

/** Non-blank lines that are read to see whether a file holds rows. */
const sampledLines = 20;

/** Text of a JSON file above this is left alone: it is parsed as a whole after every edit. Characters. */
const largestJsonFile = 5_000_000;

/** The rows of open documents, parsed once for each version and no further than asked. */
export class DataDocuments implements Disposable {
  readonly #parsed = new Map<string, ParsedDocument>();
  readonly #onClose: Disposable;

  constructor() {
    this.#onClose = workspace.onDidCloseTextDocument((document) => this.#parsed.delete(document.uri.toString()));
  }

  dispose(): void {
    this.#onClose.dispose();
    this.#parsed.clear();
  }

  /** Whether the document is a data file, judged by its first rows. */
  holdsRows(document: TextDocument): boolean {
    if (!mayHoldRows(document)) return false;
    if (!isLineFile(document)) return this.#jsonRows(document).some(isRow);
    let sampled = 0;
    for (let line = 0; line < document.lineCount && sampled < sampledLines; line += 1) {
      const row = this.#lineRow(document, line);
      if (row === null) continue;
      if (isRow(row)) return true;
      sampled += 1;
    }
    return false;
  }

  /** The row at the position, else the first one that has something on its line; null when it is no row of ours. */
  rowAt(document: TextDocument, position: Position): DocumentRow | null {
    const { line } = position;
    if (!mayHoldRows(document) || document.lineCount <= line || line < 0) return null;
    if (isLineFile(document)) {
      const row = this.#lineRow(document, line);
      return row !== null && isRow(row) ? row : null;
    }
    const rows = this.#jsonRows(document).filter((row) => isRow(row) && touches(row, line));
    return rows.find(({ range }) => range.contains(position)) ?? rows[0] ?? null;
  }

  /** Where rows begin; of a line file without reading them: the lines that are not blank. */
  rowStarts(document: TextDocument, most: number): readonly Position[] {
    if (!isLineFile(document)) {
      return this.#jsonRows(document)
        .filter(isRow)
        .slice(0, most)
        .map(({ range }) => range.start);
    }
    const starts: Position[] = [];
    for (let line = 0; line < document.lineCount && starts.length < most; line += 1) {
      const { isEmptyOrWhitespace, firstNonWhitespaceCharacterIndex } = document.lineAt(line);
      if (!isEmptyOrWhitespace) starts.push(new Position(line, firstNonWhitespaceCharacterIndex));
    }
    return starts;
  }

  #lineRow(document: TextDocument, line: number): DocumentRow | null {
    const { lines } = this.#parse(document);
    const known = lines.get(line);
    if (known !== undefined) return known;
    const data = parseDataLine(document.lineAt(line).text, line);
    const row =
      data === null
        ? null
        : located(data, ({ start, end }) => new Range(new Position(line, start), new Position(line, end)));
    lines.set(line, row);
    return row;
  }

  #jsonRows(document: TextDocument): readonly DocumentRow[] {
    const parsed = this.#parse(document);
    if (parsed.rows !== null) return parsed.rows;
    const text = document.getText();
    const rows = largestJsonFile < text.length ? [] : parseDataFile({ text, format: 'json' }).rows;
    const toRange = ({ start, end }: Span): Range => new Range(document.positionAt(start), document.positionAt(end));
    parsed.rows = rows.map((data) => located(data, toRange));
    return parsed.rows;
  }

  #parse(document: TextDocument): ParsedDocument {
    const key = document.uri.toString();
    const found = this.#parsed.get(key);
    if (found?.version === document.version) return found;
    const parsed: ParsedDocument = { version: document.version, lines: new Map(), rows: null };
    this.#parsed.set(key, parsed);
    return parsed;
  }
}

function isRow({ data }: DocumentRow): boolean {
  return data.kind !== null;
}

function touches({ range }: DocumentRow, line: number): boolean {
  return range.start.line <= line && line <= range.end.line;
}

function located(data: DataRow, toRange: (span: Span) => Range): DocumentRow {
  const parts = data.parts.map(({ span, ...part }) => ({ ...part, range: toRange(span) }));
  return { data, range: toRange(data.span), parts };
}
