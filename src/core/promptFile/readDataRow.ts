import { AlidadeError } from '../alidadeError';
import { detectRowKind } from './detectRowKind';
import type { DataRow } from './parseDataFile';
import { readId, readScorableRow, readSubset } from './readScorableRow';

export interface RowPlace {
  /** Line on which the row begins, from 0. */
  readonly line: number;
  /** Its place among the rows, from 1: its id where it has none. */
  readonly fallbackId: string;
}

/** A value of a data file as it stands there, or why there is none. */
export type DataValue =
  | { readonly place: RowPlace; readonly value: unknown }
  /** As in "not valid UTF-8". */
  | { readonly place: RowPlace; readonly problem: string };

/** A value read as a row to score. */
export function rowOfDataValue(value: DataValue): DataRow {
  return 'problem' in value ? unreadableRow(value.problem, value.place) : readDataRow(value.value, value.place);
}

/** A row whose place in a text does not matter, or that comes from no text. @param value of JSON, or like it. */
export function readDataRow(value: unknown, { line, fallbackId }: RowPlace): DataRow {
  const row = { line, span, id: readId(value, fallbackId), kind: detectRowKind(value), parts: [] };
  const subset = readSubset(value);
  try {
    return { ...row, row: readScorableRow(value, fallbackId), error: null, subset };
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    return { ...row, row: null, error: { code: 'row', message: error.message, span }, subset };
  }
}

/** A row that could not even be taken apart. @param problem as in "not valid UTF-8". */
export function unreadableRow(problem: string, { line, fallbackId }: RowPlace): DataRow {
  const error = { code: 'row', message: `row ${fallbackId}: ${problem}`, span } as const;
  return { line, span, id: fallbackId, kind: null, row: null, error, parts: [], subset: null };
}

const span = { start: 0, end: 0 };
