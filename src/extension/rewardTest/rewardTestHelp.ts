import type { CancellationToken, CompletionContext, Hover, Position, TextDocument } from 'vscode';
import {
  CompletionItem,
  CompletionItemKind,
  CompletionTriggerKind,
  Disposable,
  extensions,
  Hover as HoverText,
  l10n,
  languages,
  MarkdownString,
  Range,
  SnippetString,
} from 'vscode';
import { cursorContext, keyAt } from '../../core/rewardTest/rewardTestCursor';
import type { CursorContext } from '../../core/yaml/keyCursor';
import { keysOf, formsOf, type KeySpec } from '../../core/yaml/keySpec';
import { testFileSelector } from './rewardTestDocuments';

export interface RewardTestHelpParams {
  /**
   * Names of the objectives of a document's model.
   * @param mayOpen the user asked: the model may be opened for them.
   */
  readonly objectives: (
    document: TextDocument,
    mayOpen: boolean,
    token: CancellationToken,
  ) => Promise<readonly string[]>;
}

/** Completion and hover in test files. Where a YAML language server is there, it does the keys, by our schema. */
export function registerRewardTestHelp({ objectives }: RewardTestHelpParams): Disposable {
  return Disposable.from(
    languages.registerHoverProvider(testFileSelector, {
      provideHover: (document, position) => (hasLanguageServer() ? null : provideHover(document, position)),
    }),
    languages.registerCompletionItemProvider(
      testFileSelector,
      {
        provideCompletionItems: (document, position, token, { triggerKind }: CompletionContext) =>
          provideItems({
            document,
            position,
            objectives: (mayOpen) => objectives(document, mayOpen, token),
            triggerKind,
          }),
      },
      ' ',
      '{',
      ',',
    ),
  );
}

function hasLanguageServer(): boolean {
  return extensions.getExtension('redhat.vscode-yaml') !== undefined;
}

function provideHover(document: TextDocument, position: Position): Hover | null {
  const found = keyAt(document.getText(), document.offsetAt(position));
  if (found === null) return null;
  const markdown = new MarkdownString(`**${found.key}**\n\n${found.spec.description}`);
  return new HoverText(markdown, new Range(document.positionAt(found.start), document.positionAt(found.end)));
}

interface ItemsParams {
  readonly document: TextDocument;
  readonly position: Position;
  readonly objectives: (mayOpen: boolean) => Promise<readonly string[]>;
  readonly triggerKind: CompletionTriggerKind;
}

async function provideItems({ document, position, objectives, triggerKind }: ItemsParams): Promise<CompletionItem[]> {
  const context = cursorContext(document.getText(), document.offsetAt(position));
  if (context === null) return [];
  const range = new Range(document.positionAt(context.start), position);
  const isOthers = context.kind !== 'name' && hasLanguageServer();
  const items = isOthers ? [] : await itemsOf(context, () => objectives(triggerKind === CompletionTriggerKind.Invoke));
  items.forEach((item, index) => {
    item.range = range;
    // In the order of the table: what is most used stands first there.
    item.sortText = String(index).padStart(3, '0');
  });
  return items;
}

async function itemsOf(
  context: CursorContext,
  objectives: () => Promise<readonly string[]>,
): Promise<CompletionItem[]> {
  switch (context.kind) {
    case 'key':
      return Object.entries(context.keys)
        .filter(([key]) => !context.taken.has(key))
        .map(([key, spec]) => keyItem(key, spec, context.isFlow));
    case 'name':
      return (await objectives()).filter((name) => !context.taken.has(name)).map(objectiveItem);
    case 'word':
      return context.words.map((word) => new CompletionItem(word, CompletionItemKind.EnumMember));
    case 'item':
      return [testItem()];
    case 'value':
      return [];
  }
}

function keyItem(key: string, spec: KeySpec, isFlow: boolean): CompletionItem {
  const item = new CompletionItem(key, CompletionItemKind.Property);
  item.documentation = new MarkdownString(spec.description);
  item.insertText = new SnippetString(`${key}: ${valueSnippet(spec, isFlow)}`);
  return item;
}

function valueSnippet({ value }: KeySpec, isFlow: boolean): string {
  const [first] = formsOf(value);
  const keys = keysOf(value);
  if (keys !== null && Object.hasOwn(keys, 'min')) return '{ min: $1 }';
  if (isFlow || (first.kind !== 'mapping' && first.kind !== 'named' && first.kind !== 'list')) return '$1';
  return first.kind === 'list' ? '\n  - $1' : '\n  $1';
}

function objectiveItem(name: string): CompletionItem {
  const item = new CompletionItem(name, CompletionItemKind.Field);
  item.detail = l10n.t('Objective of the model');
  item.insertText = new SnippetString(`${name.replace(/[\\$}]/g, '\\$&')}: { min: $1 }`);
  return item;
}

function testItem(): CompletionItem {
  const item = new CompletionItem(l10n.t('new test'), CompletionItemKind.Snippet);
  item.insertText = new SnippetString(
    ['- name: $1', '  prompt: $2', '  response: |', '    $3', '  expect:', '    score: { min: $4 }'].join('\n'),
  );
  item.documentation = new MarkdownString(l10n.t('A test of one response'));
  return item;
}
