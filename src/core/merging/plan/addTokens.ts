import { FormatError } from '../../formatError';
import type { AddedToken } from './mergeSource';

/**
 * A tokenizer.json with tokens added behind its own.
 * @throws FormatError for what is no tokenizer.
 */
export function addTokens(text: string, tokens: readonly AddedToken[], file: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file, cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new FormatError({ problem: 'not a JSON object', file });
  }
  const known: unknown = (json as { readonly added_tokens?: unknown }).added_tokens;
  const added = [...(Array.isArray(known) ? (known as readonly unknown[]) : []), ...tokens];
  return `${JSON.stringify({ ...json, added_tokens: added }, null, 2)}\n`;
}
