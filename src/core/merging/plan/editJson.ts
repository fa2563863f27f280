import { applyEdits, modify } from 'jsonc-parser';

/** A JSON text with one value set, all others as they are written; `undefined` removes it. */
export function setJsonValue(text: string, path: readonly string[], value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' };
  return applyEdits(text, modify(text, [...path], value, { formattingOptions }));
}
