import { detectRowKind } from './detectRowKind';

/**
 * Whether a file holds rows, not one text. The ending decides where it is one for rows or text; otherwise whether the first
 * line, or all of it, is a row.
 */
export function looksLikeRows(text: string, name: string): boolean {
  if (/\.(jsonl|ndjson|csv|tsv|parquet)$/i.test(name)) return true;
  if (/\.(txt|md|text)$/i.test(name)) return false;
  const trimmed = text.trimStart();
  const value = parse(trimmed.split('\n', 1)[0] ?? '') ?? (/^[[{]/.test(trimmed) ? parse(trimmed) : undefined);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return detectRowKind(first) !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
