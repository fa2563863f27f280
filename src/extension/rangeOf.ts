import type { TextDocument } from 'vscode';
import { Range } from 'vscode';
import type { Span } from '../core/promptFile/locateJson';

export function rangeOf(document: TextDocument, { start, end }: Span): Range {
  return new Range(document.positionAt(start), document.positionAt(end));
}
