import { readJournal, type Journal } from '../journal';

/** How far a run has come: all that it has written up to here is on the disk. */
export interface ScoreState {
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

/** Its entries go from nothing done on, each one further than the one before. */
export type ScoreJournal = Journal<ScoreState>;

export const nothingDone: ScoreState = { rows: 0, bytes: 0, tokens: 0, seconds: 0, isFinished: false };

/** @returns null when the text does not begin as a journal. */
export function readScoreJournal(text: string): ScoreJournal | null {
  const journal = readJournal<ScoreState>(text, (line, before) =>
    isState(line) && (before?.rows ?? 0) <= line.rows ? line : null,
  );
  if (journal === null) return null;
  return { ...journal, entries: [{ state: nothingDone, end: journal.headEnd }, ...journal.entries] };
}

function isState(value: unknown): value is ScoreState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Readonly<Record<string, unknown>>;
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && 0 <= (count as number);
  return (
    isCount(state['rows']) &&
    isCount(state['bytes']) &&
    isCount(state['tokens']) &&
    typeof state['seconds'] === 'number' &&
    typeof state['isFinished'] === 'boolean'
  );
}
