import { isRecord } from '../promptFile/rowProblem';
import type { Fields } from './conversionFormat';

/** Values that hold rows: LMFlow's data set on one line, the results of promptfoo. Any other is a row itself. */
export function rowsOfValue(value: unknown): readonly unknown[] {
  if (!isRecord(value)) return [value];
  if (typeof value['type'] === 'string' && Array.isArray(value['instances'])) return value['instances'];
  const { results } = value;
  if (Array.isArray(results) && results.some(isPromptfooResult)) return results;
  if (isRecord(results) && Array.isArray(results['results'])) return results['results'];
  return [value];
}

function isPromptfooResult(value: unknown): boolean {
  return isRecord(value) && isRecord(value['prompt']) && Object.hasOwn(value, 'response');
}

/**
 * The name of a format that reads a row with these members; null: none does. The more telling ones come first, since data
 * sets carry further columns; several formats can share a reader.
 */
export function detectFormat(fields: Fields): string | null {
  const has = (...names: readonly string[]): boolean => names.every((name) => (fields[name] ?? null) !== null);
  if (isPromptfooResult(fields)) return 'promptfoo-results';
  if (has('preferred_output') || has('non_preferred_output')) return 'openai-dpo';
  if (has('chosen', 'rejected')) return 'trl-preference';
  if (has('completions', 'labels')) return 'trl-stepwise';
  if (has('responses')) return 'responses';
  if (has('prompt') && (has('completion') || has('response'))) return 'trl-completion';
  if (has('query')) return 'foundry';
  if (has('messages')) return has('completion') || has('response') ? 'trl-completion' : 'trl-messages';
  if (has('conversations')) return 'sharegpt';
  if (isRecord(fields['vars'])) return 'promptfoo-tests';
  // Alpaca's `instruction` has its prompt in two fields.
  if (has('instruction')) return null;
  if (has('input', 'output')) return Array.isArray(fields['output']) ? 'lmflow-text-to-textlist' : 'lmflow-text2text';
  if (has('input')) return has('label') && !has('target') ? 'openrlhf-prompts' : 'inspect';
  if (has('prompt')) return 'trl-prompt';
  if (has('text')) return 'trl-text';
  // One of the two is there: its error says which is missing.
  if (has('chosen') || has('rejected')) return 'trl-preference';
  return null;
}
