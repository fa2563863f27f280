import type { CancellationToken, Disposable, TextDocument } from 'vscode';
import { CompletionItem, CompletionItemKind, l10n, MarkdownString, SnippetString } from 'vscode';
import { cursorContext, keyAt } from '../../core/rewardTest/rewardTestCursor';
import { keysOf } from '../../core/yaml/keySpec';
import { registerYamlHelp, type YamlPlace } from '../yaml/registerYamlHelp';
import { snippetItem } from '../yaml/snippetItem';
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

/** Completion and hover in test files. */
export function registerRewardTestHelp({ objectives }: RewardTestHelpParams): Disposable {
  return registerYamlHelp({
    selector: testFileSelector,
    isMeant: () => true,
    hasSchema: () => true,
    own: ['name'],
    keyAt,
    cursorContext,
    items: (place, { document, isInvoked, token }) => itemsAt(place, () => objectives(document, isInvoked, token)),
    valueSnippet: ({ value }) => (Object.hasOwn(keysOf(value) ?? {}, 'min') ? '{ min: $1 }' : null),
  });
}

async function itemsAt(
  place: YamlPlace,
  objectives: () => Promise<readonly string[]>,
): Promise<readonly CompletionItem[]> {
  switch (place.kind) {
    case 'name':
      return (await objectives()).filter((name) => !place.taken.has(name)).map(objectiveItem);
    case 'item':
      return [testItem()];
    case 'value':
      return [];
  }
}

function objectiveItem(name: string): CompletionItem {
  const item = new CompletionItem(name, CompletionItemKind.Field);
  item.detail = l10n.t('Objective of the model');
  item.insertText = new SnippetString(`${name.replace(/[\\$}]/g, '\\$&')}: { min: $1 }`);
  return item;
}

function testItem(): CompletionItem {
  const item = snippetItem(l10n.t('new test'), [
    '- name: $1',
    '  prompt: $2',
    '  response: |',
    '    $3',
    '  expect:',
    '    score: { min: $4 }',
  ]);
  item.documentation = new MarkdownString(l10n.t('A test of one response'));
  return item;
}
