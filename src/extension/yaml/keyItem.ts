import { CompletionItem, CompletionItemKind, MarkdownString, SnippetString } from 'vscode';
import { formsOf, type KeySpec } from '../core/yaml/keySpec';

/** A key of a YAML file as completion offers it, with the beginning of its value. @param isFlow between braces. */
export function keyItem(key: string, spec: KeySpec, isFlow: boolean): CompletionItem {
  const item = new CompletionItem(key, CompletionItemKind.Property);
  item.documentation = new MarkdownString(spec.description);
  item.insertText = new SnippetString(`${key}: ${valueSnippet(spec, isFlow)}`);
  return item;
}

function valueSnippet({ value }: KeySpec, isFlow: boolean): string {
  const [first] = formsOf(value);
  if (isFlow || (first.kind !== 'mapping' && first.kind !== 'named' && first.kind !== 'list')) return '$1';
  if (first.kind !== 'list') return '\n  $1';
  return first.item.kind === 'number' ? '[$1]' : '\n  - $1';
}
