import { isRecord } from '../promptFile/rowProblem';

/** What must be the same for a run to go on: by name, as text. */
export type RunKey = Readonly<Record<string, string>>;

/** How far a run has come: all that it has written up to here is on the disk. */
export interface JournalState {
  /** Rows in the part file. */
  readonly rows: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Tokens given to the model so far. */
  readonly tokens: number;
  /** Spent so far. */
  readonly seconds: number;
  /** No rows are left; only the output is to be put in its place. */
  readonly isFinished: boolean;
}

export interface Journal {
  readonly key: RunKey;
  /** From nothing done on, each one further than the one before. */
  readonly entries: readonly JournalEntry[];
  /** The process that last worked on the run. */
  readonly writer: { readonly pid: number; readonly start: string | null } | null;
}

export interface JournalEntry {
  readonly state: JournalState;
  /** The journal up to and with the entry, in bytes: what follows can be cut off. */
  readonly end: number;
}

export const nothingDone: JournalState = { rows: 0, bytes: 0, tokens: 0, seconds: 0, isFinished: false };

const version = 1;

/** The first line of a journal; ASCII, as all of it, so that its units are bytes. */
export function writeJournalHead(key: RunKey): string {
  const line = JSON.stringify({ alidadeJournal: version, key });
  return `${line.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

export function writeJournalState(state: JournalState): string {
  return `${JSON.stringify(state)}\n`;
}

export function writeJournalWriter(writer: NonNullable<Journal['writer']>): string {
  return `${JSON.stringify({ writer })}\n`;
}

/**
 * A journal as a killed run may have left it: reading stops before the first line that is not whole.
 * @returns null when it does not begin as one.
 */
export function parseJournal(text: string): Journal | null {
  let length = text.indexOf('\n') + 1;
  const head = parseLine(text.slice(0, length));
  if (head?.['alidadeJournal'] !== version || !isKey(head['key'])) return null;
  const entries: JournalEntry[] = [{ state: nothingDone, end: length }];
  let writer: Journal['writer'] = null;
  while (length < text.length) {
    const end = text.indexOf('\n', length) + 1;
    const line = parseLine(text.slice(length, end));
    if (line === null) break;
    const found = line['writer'];
    if (isWriter(found)) writer = found;
    else if (isState(line) && (entries.at(-1)?.state.rows ?? 0) <= line.rows) entries.push({ state: line, end });
    else break;
    length = end;
  }
  return { key: head['key'], entries, writer };
}

/** The names under which two keys differ. */
export function compareKeys(a: RunKey, b: RunKey): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]);
}

/** null unless it is an object and ends with a line break. */
function parseLine(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.endsWith('\n')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isKey(value: unknown): value is RunKey {
  return isRecord(value) && Object.values(value).every((part) => typeof part === 'string');
}

function isWriter(value: unknown): value is NonNullable<Journal['writer']> {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value['pid']) &&
    (value['start'] === null || typeof value['start'] === 'string')
  );
}

function isState(value: unknown): value is JournalState {
  if (!isRecord(value)) return false;
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && 0 <= (count as number);
  return (
    isCount(value['rows']) &&
    isCount(value['bytes']) &&
    isCount(value['tokens']) &&
    typeof value['seconds'] === 'number' &&
    typeof value['isFinished'] === 'boolean'
  );
}
