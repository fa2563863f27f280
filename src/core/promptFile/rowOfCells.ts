import { isRecord, RowProblem } from './rowProblem';

/** Fields of which text can hold JSON: always, or only if it is messages, since an answer may well be JSON itself. */
const fields: Readonly<Record<string, 'plain' | 'json' | 'messages'>> = {
  id: 'plain',
  subset: 'plain',
  system: 'plain',
  instruction: 'plain',
  query: 'plain',
  text: 'plain',
  messages: 'json',
  responses: 'json',
  ids: 'json',
  preferred_output: 'json',
  non_preferred_output: 'json',
  conversations: 'json',
  prompt: 'messages',
  response: 'messages',
  completion: 'messages',
  chosen: 'messages',
  rejected: 'messages',
  input: 'messages',
  output: 'messages',
};

/** Columns without which there is nothing to score. */
const telling = [
  'messages',
  'response',
  'completion',
  'responses',
  'conversations',
  'chosen',
  'rejected',
  'text',
  'ids',
  'output',
  'preferred_output',
];

/** `scorable`: columns that mean something for scoring; `all`: others too, under their own names. */
export type TableColumns = 'scorable' | 'all';

/** The field of a row that a column stands for, whatever its case; null: none. */
export function fieldOfColumn(name: string): string | null {
  const field = name.trim().toLowerCase();
  return Object.hasOwn(fields, field) ? field : null;
}

/** Whether a table with these columns can have rows to score. */
export function hasScorableColumns(names: readonly string[]): boolean {
  return names.some((name) => telling.includes(fieldOfColumn(name) ?? ''));
}

/** What a table has to have, for errors. */
export const scorableColumns = 'prompt and response, chosen and rejected, messages, responses, or text';

/**
 * A row from the cells of a table. Empty cells and null are left out; messages and lists may be JSON in a cell, and so may
 * anything in a column that means nothing for scoring.
 * @throws RowProblem for a list that is written as Python writes it.
 */
export function rowOfCells(
  cells: Iterable<readonly [name: string, value: unknown]>,
  columns: TableColumns = 'scorable',
): Readonly<Record<string, unknown>> {
  const row = new Map<string, unknown>();
  for (const [name, value] of cells) {
    if (value === null || value === undefined || value === '') continue;
    const field = fieldOfColumn(name);
    if (field !== null) row.set(field, typeof value === 'string' ? readText(field, value) : value);
    else if (columns === 'all') row.set(name, typeof value === 'string' ? readJson(value) : value);
  }
  return Object.fromEntries(row);
}

function readText(field: string, text: string): unknown {
  const kind = fields[field];
  if (kind === 'plain' || !/^\s*[[{]/.test(text)) return text;
  const value = parse(text);
  if (value === undefined) {
    if (/^\s*\[?\s*\{'(role|content)':/.test(text)) {
      throw new RowProblem(`\`${field}\` is a list as Python prints it, not JSON`);
    }
    return text;
  }
  return kind === 'json' || isMessages(value) ? value : text;
}

function readJson(text: string): unknown {
  return /^\s*[[{]/.test(text) ? (parse(text) ?? text) : text;
}

/** A list of messages, or LMFlow's object that has one. */
function isMessages(value: unknown): boolean {
  const list = isRecord(value) ? value['messages'] : value;
  return Array.isArray(list) && 0 < list.length && list.every((message) => isRecord(message) && 'role' in message);
}

/** undefined: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
