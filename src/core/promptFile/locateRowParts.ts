import type { RowKind } from './detectRowKind';
import { locateElements, locateMembers, type Span } from './locateJson';
import { isRecord } from './rowProblem';
import { shareGptRole } from './shareGptMessages';

/** A part of a row that the editor can point at. */
export interface RowPart {
  readonly role: 'prompt' | 'response' | 'chosen' | 'rejected' | 'message';
  /** Which of several responses or messages, from 0. */
  readonly index?: number;
  /** The JSON value: strings with their quotation marks, lists and objects with their brackets. */
  readonly span: Span;
}

export interface RowText {
  readonly text: string;
  /** Offset of the row's `{`. */
  readonly start: number;
  readonly kind: RowKind;
  /** The row's value: tells an assistant's last message from a user's. */
  readonly value: unknown;
}

/** The parts of a row, in the order of the file; the JSON has to be valid, the row need not be. */
export function locateRowParts({ text, start, kind, value }: RowText): readonly RowPart[] {
  const members = locateMembers(text, start);
  const parts: RowPart[] = [];

  const add = (role: RowPart['role'], ...keys: readonly string[]): void => {
    const span = keys.map((key) => members.get(key)).find((found) => found !== undefined);
    if (span !== undefined) parts.push({ role, span });
  };
  const addElements = (role: RowPart['role'], key: string): void => {
    const span = members.get(key);
    if (span === undefined || text[span.start] !== '[') return;
    for (const [index, element] of locateElements(text, span.start).entries())
      parts.push({ role, index, span: element });
  };

  switch (kind) {
    case 'messages':
      addElements('message', 'messages');
      markReply(parts, value);
      break;
    case 'shareGpt':
      addElements('message', 'conversations');
      markReply(parts, value);
      break;
    case 'response':
      add('prompt', 'prompt', 'query', 'messages');
      add('response', 'response', 'completion');
      break;
    case 'list':
      add('prompt', 'prompt', 'messages');
      addElements('response', 'responses');
      break;
    case 'pair':
      add('prompt', 'prompt');
      add('chosen', 'chosen');
      add('rejected', 'rejected');
      break;
    case 'preferredOutput':
      add('prompt', 'input');
      add('chosen', 'preferred_output');
      add('rejected', 'non_preferred_output');
      break;
    case 'lmflowTextToText':
      add('prompt', 'input');
      add('response', 'output');
      break;
    case 'lmflowScoredTexts':
      add('prompt', 'input');
      addElements('response', 'output');
      break;
    case 'text':
      add('response', 'text');
      break;
    case 'ids':
      add('response', 'ids');
      break;
  }
  return parts.sort((a, b) => a.span.start - b.span.start);
}

/** The reply that is scored is the last message, where an assistant wrote it. */
function markReply(parts: RowPart[], value: unknown): void {
  const { messages, conversations } = value as { readonly messages?: unknown; readonly conversations?: unknown };
  const turns = messages ?? conversations;
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
  const part = parts.at(-1);
  if (part === undefined || !isRecord(last)) return;
  const role = last['role'] ?? shareGptRole(last['from']);
  if (role === 'assistant') parts[parts.length - 1] = { ...part, role: 'response' };
}
