import { parseTree } from 'jsonc-parser';
import { AlidadeError } from '../alidadeError';
import { describeJsonError } from './describeJsonError';
import { detectRowKind, type RowKind } from './detectRowKind';
import { locateElements, locateMembers, skipSpace, type Span } from './locateJson';
import { locateRowParts, type RowPart } from './locateRowParts';
import { readId, readScorableRow, readSubset } from './readScorableRow';
import { isRecord } from './rowProblem';
import type { ScorableRow } from './scorableRow';

export interface DataRow {
  /** Line on which the row begins, from 0. */
  readonly line: number;
  /** The row's JSON, without the white space around it. */
  readonly span: Span;
  /** The row's own id, else its line number (in a JSON list: its place), from 1. */
  readonly id: string;
  /** By which keys it is read; null for JSON that is no row of ours, and for what is no JSON. */
  readonly kind: RowKind | null;
  /** Null exactly when there is an `error`. */
  readonly row: ScorableRow | null;
  readonly error: RowError | null;
  readonly parts: readonly RowPart[];
  /** The part of a data set that the row belongs to, where it names one. */
  readonly subset: string | null;
}

export interface RowError {
  readonly code: 'row';
  readonly message: string;
  /** What the error is about: the whole row, or the place where it stops being JSON. */
  readonly span: Span;
}

export interface DataFile {
  readonly rows: readonly DataRow[];
  /** What is wrong with a JSON file as a whole; its rows that can be read are there nevertheless. */
  readonly problem: { readonly message: string; readonly span: Span } | null;
}

export interface DataFileText {
  readonly text: string;
  readonly format: 'jsonl' | 'json';
}

/**
 * The rows of a data file with their places, for editor and command line alike; never throws. JSONL has a row on each line
 * that is not blank; JSON is a list of rows, one row, or LMFlow's `{type, instances}`. Spans are UTF-16 offsets in `text`.
 */
export function parseDataFile({ text, format }: DataFileText): DataFile {
  return format === 'jsonl' ? { rows: parseLines(text), problem: null } : parseJsonFile(text);
}

/**
 * One line of a JSONL file, for an editor that reads only what is visible; null for a blank line.
 * @param text the line; a line break at its end does no harm.
 * @param line its number, from 0. Spans are offsets in `text`.
 */
export function parseDataLine(text: string, line: number): DataRow | null {
  return parseRange({ text, start: 0, end: text.length, line, fallbackId: String(line + 1) });
}

function parseLines(text: string): readonly DataRow[] {
  const rows: DataRow[] = [];
  for (let start = 0, line = 0; start < text.length; line += 1) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const row = parseRange({ text, start, end, line, fallbackId: String(line + 1) });
    if (row !== null) rows.push(row);
    start = end + 1;
  }
  return rows;
}

interface RowRange {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly fallbackId: string;
}

function parseRange(range: RowRange): DataRow | null {
  const span = trimSpan(range.text, range);
  if (span.start === span.end) return null;
  const source = range.text.slice(span.start, span.end);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    const { message, offset } = describeJsonError(source);
    const place = { start: Math.min(span.start + offset, span.end - 1), end: span.end };
    const error: RowError = { code: 'row', message: `row ${range.fallbackId}: ${message}`, span: place };
    return { line: range.line, span, id: range.fallbackId, kind: null, row: null, error, parts: [], subset: null };
  }
  return describeRow({ ...range, ...span }, value);
}

/** The row of a JSON value that stands at `start` to `end`. */
function describeRow({ text, start, end, line, fallbackId }: RowRange, value: unknown): DataRow {
  const span = { start, end };
  const id = readId(value, fallbackId);
  const kind = detectRowKind(value);
  const subset = readSubset(value);
  const parts = kind === null ? [] : locateRowParts({ text, start, kind, value });
  try {
    return { line, span, id, kind, row: readScorableRow(value, fallbackId), error: null, parts, subset };
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    return { line, span, id, kind, row: null, error: { code: 'row', message: error.message, span }, parts, subset };
  }
}

function parseJsonFile(text: string): DataFile {
  const span = trimSpan(text, { start: 0, end: text.length });
  let value: unknown;
  try {
    value = JSON.parse(text.slice(span.start, span.end));
  } catch {
    if (span.start === span.end) return { rows: [], problem: null };
    const { message, offset } = describeJsonError(text.slice(span.start, span.end));
    const problem = { message, span: { start: Math.min(span.start + offset, span.end - 1), end: span.end } };
    return { rows: parseSpans(text, findCompleteRows(text)), problem };
  }
  if (Array.isArray(value)) return { rows: parseSpans(text, locateElements(text, span.start)), problem: null };
  if (!isRecord(value)) return { rows: [], problem: { message: 'neither a list of rows nor a row', span } };
  if (!Array.isArray(value['instances'])) return { rows: parseSpans(text, [span]), problem: null };
  const instances = locateMembers(text, span.start).get('instances');
  return {
    rows: instances === undefined ? [] : parseSpans(text, locateElements(text, instances.start)),
    problem: null,
  };
}

function parseSpans(text: string, spans: readonly Span[]): readonly DataRow[] {
  const rows: DataRow[] = [];
  let line = 0;
  let counted = 0;
  for (const [index, { start, end }] of spans.entries()) {
    for (let at = text.indexOf('\n', counted); 0 <= at && at < start; at = text.indexOf('\n', at + 1)) {
      line += 1;
      counted = at + 1;
    }
    const row = parseRange({ text, start, end, line, fallbackId: String(index + 1) });
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** The objects of a list whose text as a whole is no JSON, as while it is being written. */
function findCompleteRows(text: string): readonly Span[] {
  try {
    const tree = parseTree(text);
    const list = tree?.type === 'array' ? tree.children : undefined;
    return (list ?? []).map(({ offset, length }) => ({ start: offset, end: offset + length }));
  } catch (error) {
    // The tree is built by recursion: brackets nested a hundred thousand deep have no rows worth showing.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Without white space and a byte-order mark. */
function trimSpan(text: string, { start, end }: Span): Span {
  let first = skipSpace(text, start === 0 && text.startsWith('\uFEFF') ? 1 : start);
  first = Math.min(first, end);
  let last = end;
  while (first < last && /[ \t\r\n]/.test(text[last - 1] ?? '')) last -= 1;
  return { start: first, end: last };
}
