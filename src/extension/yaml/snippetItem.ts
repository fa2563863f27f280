import { CompletionItem, CompletionItemKind, SnippetString } from 'vscode';

/** Several lines that completion offers at once. @param lines with tab stops. */
export function snippetItem(label: string, lines: readonly string[]): CompletionItem {
  const item = new CompletionItem(label, CompletionItemKind.Snippet);
  item.insertText = new SnippetString(lines.join('\n'));
  return item;
}
