import type { DocumentSelector, TextDocument } from 'vscode';

/** Documents that may hold rows; whether they do is seen from their text. */
export const rowSelector: DocumentSelector = [
  { language: 'jsonl' },
  { pattern: '**/*.{jsonl,ndjson}' },
  { language: 'json' },
];

/** One JSON value a line. */
export function isLineFile(document: TextDocument): boolean {
  return document.languageId === 'jsonl' || /\.(jsonl|ndjson)$/i.test(document.uri.path);
}

export function mayHoldRows(document: TextDocument): boolean {
  return isLineFile(document) || document.languageId === 'json';
}
