import { isRecord } from './promptFile/rowProblem';

/** What must be the same for a run to go on: by name, as text. */
export type RunKey = Readonly<Record<string, string>>;

/** The process that works on a run. */
export interface JournalWriter {
  readonly pid: number;
  /** Tells it from a later process with the same number; null where the system does not say. */
  readonly start: string | null;
}

/** How far a run has come, as JSON lines: a head, and what was done, each line written when it is safely so. */
export interface Journal<State> {
  readonly key: RunKey;
  /** Bytes of the first line. */
  readonly headEnd: number;
  readonly entries: readonly JournalEntry<State>[];
  /** The process that last worked on the run. */
  readonly writer: JournalWriter | null;
}

export interface JournalEntry<State> {
  readonly state: State;
  /** The journal up to and with the entry, in bytes: what follows can be cut off. */
  readonly end: number;
}

const version = 1;

/** The first line of a journal; ASCII, as all of it, so that its units are bytes. */
export function writeJournalHead(key: RunKey): string {
  return writeLine({ alidadeJournal: version, key });
}

export function writeJournalState(state: object): string {
  return writeLine(state);
}

export function writeJournalWriter(writer: JournalWriter): string {
  return writeLine({ writer });
}

/**
 * A journal as a killed run may have left it: reading stops before the first line that is not whole, or that `readState`
 * does not take.
 * @param readState gives what a line says after what the line before it said; null: it makes no sense.
 * @returns null when the text does not begin as a journal.
 */
export function readJournal<State>(
  text: string,
  readState: (line: Readonly<Record<string, unknown>>, before: State | null) => State | null,
): Journal<State> | null {
  const headEnd = text.indexOf('\n') + 1;
  const head = parseLine(text.slice(0, headEnd));
  if (head?.['alidadeJournal'] !== version || !isKey(head['key'])) return null;
  const entries: JournalEntry<State>[] = [];
  let writer: JournalWriter | null = null;
  for (let length = headEnd; length < text.length;) {
    const end = text.indexOf('\n', length) + 1;
    const line = parseLine(text.slice(length, end));
    if (line === null) break;
    const found = line['writer'];
    if (isWriter(found)) {
      writer = found;
    } else {
      const state = readState(line, entries.at(-1)?.state ?? null);
      if (state === null) break;
      entries.push({ state, end });
    }
    length = end;
  }
  return { key: head['key'], headEnd, entries, writer };
}

/** The names under which two keys differ. */
export function compareKeys(a: RunKey, b: RunKey): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]);
}

function writeLine(value: object): string {
  const line = JSON.stringify(value);
  return `${line.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
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

function isWriter(value: unknown): value is JournalWriter {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value['pid']) &&
    (value['start'] === null || typeof value['start'] === 'string')
  );
}
