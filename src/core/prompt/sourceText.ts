import type { Span } from '../promptFile/locateJson';

/** A text that was taken out of a file, with where its units stand in the file. */
export interface SourceText {
  readonly text: string;
  /** In ascending order; from `at` on, units of the text and of the file go side by side. */
  readonly pieces: readonly SourcePiece[];
  /** For a text from elsewhere, such as another file: what stands for it, wherever in it something is. */
  readonly within?: Span;
}

export interface SourcePiece {
  /** Offset in the text. */
  readonly at: number;
  /** Offset in the file. */
  readonly source: number;
}

/** The text between two offsets of a file as it stands. */
export function verbatimSource(file: string, span: Span): SourceText {
  return { text: file.slice(span.start, span.end), pieces: [{ at: 0, source: span.start }] };
}

/** A text that stands in no place of its own. */
export function foreignSource(text: string, within: Span): SourceText {
  return { text, pieces: [], within };
}

/** Where a range of the text stands in the file. */
export function spanInFile(source: SourceText, { start, end }: Span): Span {
  if (source.within !== undefined) return source.within;
  const first = offsetInFile(source, start);
  // By the last unit: what follows it may stand much further on.
  return { start: first, end: start < end ? Math.max(first, offsetInFile(source, end - 1) + 1) : first };
}

function offsetInFile({ pieces }: SourceText, offset: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((pieces[middle]?.at ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  return piece === undefined ? offset : piece.source + offset - piece.at;
}

/** A part of the text with its places. */
export function sliceSource(source: SourceText, { start, end }: Span): SourceText {
  const text = source.text.slice(start, end);
  if (source.within !== undefined) return { ...source, text };
  const pieces: SourcePiece[] = [{ at: 0, source: offsetInFile(source, start) }];
  for (const piece of source.pieces) {
    if (start < piece.at && piece.at < end) pieces.push({ at: piece.at - start, source: piece.source });
  }
  return { text, pieces };
}

/**
 * Aligns the value of a string of YAML or JSON with what is written in the file: quotation marks, escapes, indentation
 * and folded lines make them differ. Within white space the places are near, elsewhere exact.
 * @param span what is written, with its quotation marks or the mark of its block.
 */
export function alignSource(file: string, span: Span, value: string): SourceText {
  const first = file[span.start];
  const quote = first === '"' || first === "'" ? first : null;
  let index = quote !== null ? span.start + 1 : startOfScalar(file, span);
  const pieces: SourcePiece[] = [];
  let shift = NaN;
  for (let at = 0; at < value.length; at += 1) {
    const unit = value[at] ?? '';
    let length = 1;
    for (; index < span.end; index += 1) {
      const written = file[index] ?? '';
      if (quote === '"' && written === '\\') {
        length = escapeLength(file, index);
        // A line break that is escaped stands for nothing.
        if (0 < length) break;
        continue;
      }
      if (written === unit) {
        if (quote === "'" && unit === "'") length = 2;
        break;
      }
      if (isSpace(unit) && isSpace(written)) break;
      if (!isSpace(written)) break;
    }
    if (index - at !== shift) {
      pieces.push({ at, source: Math.min(index, span.end) });
      shift = index - at;
    }
    index = Math.min(index + length, span.end);
  }
  if (pieces.length === 0) pieces.push({ at: 0, source: Math.min(index, span.end) });
  return { text: value, pieces };
}

/** After `|`, `>` and their indicators. */
function startOfScalar(file: string, { start, end }: Span): number {
  const first = file[start];
  if (first !== '|' && first !== '>') return start;
  const lineBreak = file.indexOf('\n', start);
  return lineBreak < 0 || end <= lineBreak ? end : lineBreak + 1;
}

/** How many units an escape in double quotes is long; 0: a line break, and what stands for nothing. */
function escapeLength(file: string, index: number): number {
  switch (file[index + 1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    case '\n':
    case '\r':
      return 0;
    default:
      return 2;
  }
}

function isSpace(unit: string): boolean {
  return unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r';
}
