import { CompletionItem, CompletionItemKind, MarkdownString, SnippetString } from 'vscode';
import { formsOf, type KeySpec } from '../../core/yaml/keySpec';

/** A key of a YAML file as completion offers it. @param value snippet of what stands behind the colon. */
export function keyItem(key: string, { description }: KeySpec, value: string): CompletionItem {
  const item = new CompletionItem(key, CompletionItemKind.Property);
  item.documentation = new MarkdownString(description);
  item.insertText = new SnippetString(`${key}: ${value}`);
  return item;
}

/** How a value begins, by its kind. @param isFlow between braces. */
export function valueSnippet({ value }: KeySpec, isFlow: boolean): string {
  const [first] = formsOf(value);
  if (isFlow || (first.kind !== 'mapping' && first.kind !== 'named' && first.kind !== 'list')) return '$1';
  if (first.kind !== 'list') return '\n  $1';
  return first.item.kind === 'number' ? '[$1]' : '\n  - $1';
}
