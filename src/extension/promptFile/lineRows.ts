import type { TextDocument, TextDocumentContentChangeEvent } from 'vscode';
import type { DocumentRow } from './documentRow';
import { locateLineRow, moveRow } from './documentRow';

/** The rows of a file with one row a line, parsed as they are asked for; an edit costs the lines that it touches. */
export class LineRows {
  /** By line; undefined: not parsed, null: blank. */
  #rows: (DocumentRow | null | undefined)[] = [];

  /** The row on a line that the document has. */
  get(document: TextDocument, line: number): DocumentRow | null {
    const known = this.#rows[line];
    // Where lines were inserted or removed above, it still says where it was.
    if (known === null || known?.range.start.line === line) return known;
    const row = known === undefined ? locateLineRow(document, line) : moveRow(known, document, line);
    this.#rows[line] = row;
    return row;
  }

  /** The lines that have been parsed and hold something, in their order. */
  parsedLines(): readonly number[] {
    const lines: number[] = [];
    this.#rows.forEach((row, line) => {
      if (row !== undefined && row !== null) lines.push(line);
    });
    return lines;
  }

  /** @param changes in the order in which they were made. */
  apply(changes: readonly TextDocumentContentChangeEvent[]): void {
    for (const { range, text } of changes) {
      const inserted = countLineBreaks(text);
      const first = range.start.line;
      // Where whole lines come or go, the line behind them stays what it is.
      const endsBeforeLine =
        range.end.character === 0 && (text === '' ? range.start.character === 0 : /[\r\n]$/.test(text));
      const [end, changed] = endsBeforeLine ? [range.end.line, inserted] : [range.end.line + 1, inserted + 1];
      if (changed === end - first) {
        for (let line = first; line < end && line < this.#rows.length; line += 1) delete this.#rows[line];
      } else {
        const before = this.#rows.slice(0, first);
        before.length = first + changed;
        this.#rows = before.concat(this.#rows.slice(end));
      }
    }
  }
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let index = text.search(/[\r\n]/); 0 <= index && index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x0a || (unit === 0x0d && text.charCodeAt(index + 1) !== 0x0a)) count += 1;
  }
  return count;
}
