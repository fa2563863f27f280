import { CompletionItem, CompletionItemKind } from 'vscode';
import { describeBytes } from '../../core/describeQuantity';
import type { ListedCheckpoint } from '../../protocol/sidecar';

/** A checkpoint of the Models view as completion offers it: found by its name, written as its path. */
export function checkpointItem({ name, path, architecture, dtype, bytes }: ListedCheckpoint): CompletionItem {
  const item = new CompletionItem(name, CompletionItemKind.File);
  item.detail = [architecture, dtype, describeBytes(bytes)].filter((part) => part !== null).join(' · ');
  item.documentation = path;
  item.insertText = path;
  item.filterText = `${name} ${path}`;
  return item;
}
