import { hasScorableColumns } from '../../core/promptFile/rowOfCells';
import { parseCsvRecord, type CsvSeparator } from '../../core/promptFile/csvRecords';

/** `json`: a list of rows, LMFlow's object with one, or objects that go over several lines. */
export type StreamFormat =
  { readonly kind: 'jsonl' } | { readonly kind: 'json' } | { readonly kind: 'csv'; readonly separator: CsvSeparator };

/** What the beginning of a data file tells. */
export interface DataFileBeginning {
  /** At least the first line that is not blank, unless that is very long. */
  readonly text: string;
  /** Path or name. */
  readonly name: string;
}

/**
 * How the rows of a text file are written. The content decides, its name only where the content leaves it open: `.json`
 * files with a row a line are common, and so are `.jsonl` files with a list.
 */
export function detectDataFormat({ text, name }: DataFileBeginning): StreamFormat {
  const trimmed = text.trimStart();
  const lineEnd = trimmed.indexOf('\n');
  const first = (lineEnd < 0 ? trimmed : trimmed.slice(0, lineEnd)).trim();
  const rest = lineEnd < 0 ? '' : trimmed.slice(lineEnd).trimStart();
  if (first.startsWith('[')) {
    // A list on each line: none of them is a row, and each is told so.
    return Array.isArray(parse(first)) && rest.startsWith('[') ? { kind: 'jsonl' } : { kind: 'json' };
  }
  if (first.startsWith('{')) return { kind: isOneObject(first, name) ? 'json' : 'jsonl' };
  const table = detectTable(first, name);
  if (table !== null) return { kind: 'csv', separator: table };
  return { kind: name.toLowerCase().endsWith('.json') ? 'json' : 'jsonl' };
}

/** Whether an object that begins on this line is a data set, or goes on after it. */
function isOneObject(line: string, name: string): boolean {
  const value = parse(line);
  if (typeof value === 'object' && value !== null) return 'instances' in value && Array.isArray(value.instances);
  // Longer than what was looked at, or broken.
  if (/^\{\s*"(type|instances)"\s*:/.test(line) && line.includes('"instances"')) return true;
  return /[[{,:]$/.test(line) || name.toLowerCase().endsWith('.json');
}

const separators: readonly CsvSeparator[] = [',', '\t', ';'];

/** The separator of a table whose header this is; null: it is none. */
function detectTable(header: string, name: string): CsvSeparator | null {
  const found = separators
    .map((separator) => ({ separator, cells: parseCsvRecord(header, separator).cells }))
    .sort((a, b) => b.cells.length - a.cells.length);
  const scorable = found.find(({ cells }) => hasScorableColumns(cells));
  if (scorable !== undefined) return scorable.separator;
  if (/\.tsv$/i.test(name)) return '\t';
  return /\.csv$/i.test(name) ? (found[0]?.separator ?? ',') : null;
}

/** undefined: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
