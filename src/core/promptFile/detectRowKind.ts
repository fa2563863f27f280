import { isRecord } from './rowProblem';

/** By which keys a row is read; null is no row that can be scored. */
export type RowKind =
  | 'preferredOutput'
  | 'pair'
  | 'list'
  | 'response'
  | 'messages'
  | 'shareGpt'
  | 'lmflowTextToText'
  | 'lmflowScoredTexts'
  | 'text'
  | 'ids';

/**
 * What kind of row a parsed JSON value is, from its keys alone: a row of a kind can still be malformed. The more telling
 * keys come first, since data sets carry further columns (a pair often has `prompt` and `messages` too).
 */
export function detectRowKind(value: unknown): RowKind | null {
  if (!isRecord(value)) return null;
  const has = (key: string): boolean => Object.hasOwn(value, key);
  if (has('preferred_output') || has('non_preferred_output')) return 'preferredOutput';
  if (has('chosen') || has('rejected')) return 'pair';
  if (has('responses')) return 'list';
  if ((has('response') || has('completion')) && (has('prompt') || has('query') || has('messages'))) return 'response';
  if (has('messages')) return 'messages';
  if (has('conversations')) return 'shareGpt';
  // Alpaca's `instruction` has its prompt in two fields.
  if (has('instruction')) return null;
  if (has('input') && typeof value['output'] === 'string') return 'lmflowTextToText';
  if (has('input') && Array.isArray(value['output'])) return 'lmflowScoredTexts';
  if (has('text')) return 'text';
  if (has('ids')) return 'ids';
  return null;
}
