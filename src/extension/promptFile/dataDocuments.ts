import type { TextDocument } from 'vscode';
import { Disposable, Position, Range, workspace } from 'vscode';
import type { Span } from '../../core/promptFile/locateJson';
import { parseDataFile } from '../../core/promptFile/parseDataFile';
import type { DocumentRow } from './documentRow';
import { locateRow } from './documentRow';
import { LineRows } from './lineRows';
import { isLineFile, mayHoldRows } from './rowSelector';

interface ParsedDocument {
  version: number;
  /** Line files are parsed line by line, as they are asked for. */
  readonly lines: LineRows;
  /** Every row of a JSON file, once asked for. */
  rows: readonly DocumentRow[] | null;
  /** Of the rows of a JSON file, by their text and in their order: those that stay as they are keep theirs. */
  identities: ReadonlyMap<string, readonly object[]>;
  /** A JSON file can be taken apart without loss: it is JSON as a whole. */
  isWhole: boolean;
}

/** Non-blank lines that are read to see whether a file holds rows. */
const sampledLines = 20;

/** Text of a JSON file above this is left alone: it is parsed as a whole after every edit. Characters. */
const largestJsonFile = 5_000_000;

/** The rows of open documents, parsed no further than asked; an edit costs the lines that it changes. */
export class DataDocuments implements Disposable {
  readonly #parsed = new Map<string, ParsedDocument>();
  readonly #listeners: Disposable;

  constructor() {
    this.#listeners = Disposable.from(
      workspace.onDidCloseTextDocument((document) => this.#parsed.delete(document.uri.toString())),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const parsed = this.#parsed.get(document.uri.toString());
        // Somebody has asked since the edit: it has been parsed anew.
        if (parsed === undefined || parsed.version === document.version) return;
        parsed.version = document.version;
        parsed.lines.apply(contentChanges);
        parsed.rows = null;
      }),
    );
  }

  dispose(): void {
    this.#listeners.dispose();
    this.#parsed.clear();
  }

  /** Whether the document is a data file, judged by its first rows. */
  holdsRows(document: TextDocument): boolean {
    return this.#sampleHas(document, isRow);
  }

  /** Whether it holds preference pairs, judged by its first rows. */
  holdsPairs(document: TextDocument): boolean {
    return this.#sampleHas(document, ({ data }) => data.kind === 'pair' || data.kind === 'preferredOutput');
  }

  /** The row at the position, else the first one that has something on its line; null when it is no row of ours. */
  rowAt(document: TextDocument, position: Position): DocumentRow | null {
    return this.#findRow(document, position, isRow);
  }

  /** As `rowAt`, also what should be a row and cannot be read. */
  anyRowAt(document: TextDocument, position: Position): DocumentRow | null {
    return this.#findRow(document, position, () => true);
  }

  /** Where rows begin that begin on these lines; of a line file without reading them: the lines that are not blank. */
  rowStarts(document: TextDocument, isWanted: (line: number) => boolean): readonly Position[] {
    if (!isLineFile(document)) {
      return this.#jsonRows(document)
        .filter((row) => isRow(row) && isWanted(row.range.start.line))
        .map(({ range }) => range.start);
    }
    const starts: Position[] = [];
    for (let line = 0; line < document.lineCount; line += 1) {
      if (!isWanted(line)) continue;
      const { isEmptyOrWhitespace, firstNonWhitespaceCharacterIndex } = document.lineAt(line);
      if (!isEmptyOrWhitespace) starts.push(new Position(line, firstNonWhitespaceCharacterIndex));
    }
    return starts;
  }

  /**
   * Every row in its order, those that cannot be read too; parsed as it goes, so that a caller can pause between two. null
   * stands for a blank line. An edit meanwhile makes it useless.
   */
  *allRows(document: TextDocument): Generator<DocumentRow | null> {
    if (!isLineFile(document)) {
      yield* this.#jsonRows(document);
      return;
    }
    for (let line = 0; line < document.lineCount; line += 1) yield this.#lineRow(document, line);
  }

  /** The rows that have been parsed because something in them was in view or asked for, in their order. */
  *parsedRows(document: TextDocument): Generator<DocumentRow> {
    if (!isLineFile(document)) {
      yield* this.#jsonRows(document);
      return;
    }
    for (const line of this.#parse(document).lines.parsedLines()) {
      const row = line < document.lineCount ? this.#lineRow(document, line) : null;
      if (row !== null) yield row;
    }
  }

  /** Rows can be cut out of it: it has one a line, or is a JSON list without errors. */
  isWhole(document: TextDocument): boolean {
    if (isLineFile(document)) return true;
    this.#jsonRows(document);
    return this.#parse(document).isWhole;
  }

  #findRow(document: TextDocument, position: Position, isWanted: (row: DocumentRow) => boolean): DocumentRow | null {
    const { line } = position;
    if (!mayHoldRows(document) || document.lineCount <= line || line < 0) return null;
    if (isLineFile(document)) {
      const row = this.#lineRow(document, line);
      return row !== null && isWanted(row) ? row : null;
    }
    const rows = this.#jsonRows(document).filter((row) => isWanted(row) && touches(row, line));
    return rows.find(({ range }) => range.contains(position)) ?? rows[0] ?? null;
  }

  #sampleHas(document: TextDocument, has: (row: DocumentRow) => boolean): boolean {
    if (!mayHoldRows(document)) return false;
    if (!isLineFile(document)) return this.#jsonRows(document).some(has);
    let sampled = 0;
    for (let line = 0; line < document.lineCount && sampled < sampledLines; line += 1) {
      const row = this.#lineRow(document, line);
      if (row === null) continue;
      if (has(row)) return true;
      sampled += 1;
    }
    return false;
  }

  #lineRow(document: TextDocument, line: number): DocumentRow | null {
    return this.#parse(document).lines.get(document, line);
  }

  #jsonRows(document: TextDocument): readonly DocumentRow[] {
    const parsed = this.#parse(document);
    if (parsed.rows !== null) return parsed.rows;
    const text = document.getText();
    const { rows, problem } =
      largestJsonFile < text.length ? { rows: [], problem: null } : parseDataFile({ text, format: 'json' });
    const toRange = ({ start, end }: Span): Range => new Range(document.positionAt(start), document.positionAt(end));
    const identities = new Map<string, object[]>();
    parsed.rows = rows.map((data) => {
      const source = text.slice(data.span.start, data.span.end);
      const same = identities.get(source) ?? [];
      const identity = parsed.identities.get(source)?.[same.length] ?? {};
      same.push(identity);
      identities.set(source, same);
      return locateRow(data, toRange, identity);
    });
    parsed.identities = identities;
    parsed.isWhole = problem === null;
    return parsed.rows;
  }

  #parse(document: TextDocument): ParsedDocument {
    const key = document.uri.toString();
    const found = this.#parsed.get(key);
    if (found?.version === document.version) return found;
    const parsed: ParsedDocument = {
      version: document.version,
      lines: new LineRows(),
      rows: null,
      identities: found?.identities ?? new Map<string, readonly object[]>(),
      isWhole: false,
    };
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
