import type { CancellationToken, DocumentSelector, Position, TextDocument } from 'vscode';
import {
  CompletionItem,
  CompletionItemKind,
  CompletionTriggerKind,
  Disposable,
  extensions,
  Hover,
  languages,
  MarkdownString,
  Range,
} from 'vscode';
import type { Span } from '../../core/promptFile/locateJson';
import type { CursorContext, FoundKey } from '../../core/yaml/keyCursor';
import type { KeySpec } from '../../core/yaml/keySpec';
import { rangeOf } from '../rangeOf';
import { keyItem, valueSnippet } from './keyItem';

/** What completion and hover know of a kind of YAML file beyond its table of keys. */
export interface YamlHelp {
  readonly selector: DocumentSelector;
  /** Whether a document of the selector is of this kind. */
  readonly isMeant: (document: TextDocument) => boolean;
  /** Whether a YAML language server knows it as a file of our schema; then the server does the keys. */
  readonly hasSchema: (document: TextDocument) => boolean;
  /** What no schema can tell: offered beside such a server too. */
  readonly own: readonly CursorContext['kind'][];
  /** The known key at an offset; null: there is none. */
  readonly keyAt: (text: string, offset: number) => FoundKey | null;
  /** What may be written at an offset; null: nothing that is known. */
  readonly cursorContext: (text: string, offset: number) => CursorContext | null;
  readonly items: (
    place: YamlPlace,
    request: YamlRequest,
  ) => readonly CompletionItem[] | Promise<readonly CompletionItem[]>;
  /** What is known of a value, before what its key means. */
  readonly hover?: (document: TextDocument, offset: number) => YamlHover | null;
  /** Snippet of a value that is not as its kind says; null: it is. */
  readonly valueSnippet?: (spec: KeySpec) => string | null;
  /** Markdown. */
  readonly describeWord?: (word: string) => string | null;
}

/** Where the table of keys does not say what may be written. */
export type YamlPlace = Exclude<CursorContext, { readonly kind: 'key' | 'word' }>;

export interface YamlRequest {
  readonly document: TextDocument;
  /** The user asked; else typing did. */
  readonly isInvoked: boolean;
  readonly token: CancellationToken;
}

export interface YamlHover {
  readonly markdown: string;
  readonly span: Span;
}

/** Completion and hover in YAML files that are made of a table of keys. */
export function registerYamlHelp(help: YamlHelp): Disposable {
  const { selector, isMeant } = help;
  return Disposable.from(
    languages.registerHoverProvider(selector, {
      provideHover: (document, position) => {
        const found = isMeant(document) ? hoverAt(help, document, document.offsetAt(position)) : null;
        return found === null ? null : new Hover(new MarkdownString(found.markdown), rangeOf(document, found.span));
      },
    }),
    languages.registerCompletionItemProvider(
      selector,
      {
        provideCompletionItems: (document, position, token, { triggerKind }) =>
          isMeant(document)
            ? provideItems(help, position, {
                document,
                isInvoked: triggerKind === CompletionTriggerKind.Invoke,
                token,
              })
            : [],
      },
      ' ',
      '{',
      ',',
    ),
  );
}

/** Whether a language server has taken the keys upon itself. */
function isServed({ hasSchema }: YamlHelp, document: TextDocument): boolean {
  return hasSchema(document) && extensions.getExtension('redhat.vscode-yaml') !== undefined;
}

function hoverAt(help: YamlHelp, document: TextDocument, offset: number): YamlHover | null {
  const known = help.hover?.(document, offset) ?? null;
  if (known !== null || isServed(help, document)) return known;
  const found = help.keyAt(document.getText(), offset);
  return found === null ? null : { markdown: `**${found.key}**\n\n${found.spec.description}`, span: found };
}

async function provideItems(help: YamlHelp, position: Position, request: YamlRequest): Promise<CompletionItem[]> {
  const { document } = request;
  const context = help.cursorContext(document.getText(), document.offsetAt(position));
  if (context === null || (!help.own.includes(context.kind) && isServed(help, document))) return [];
  const range = new Range(document.positionAt(context.start), position);
  const items = [...(await itemsOf(help, context, request))];
  items.forEach((item, index) => {
    item.range = range;
    // In the order of the table: what is most used stands first there.
    item.sortText = String(index).padStart(3, '0');
  });
  return items;
}

function itemsOf(help: YamlHelp, context: CursorContext, request: YamlRequest): ReturnType<YamlHelp['items']> {
  switch (context.kind) {
    case 'key':
      return Object.entries(context.keys)
        .filter(([key]) => !context.taken.has(key))
        .map(([key, spec]) => keyItem(key, spec, help.valueSnippet?.(spec) ?? valueSnippet(spec, context.isFlow)));
    case 'word':
      return context.words.map((word) => wordItem(word, help.describeWord?.(word) ?? null));
    default:
      return help.items(context, request);
  }
}

function wordItem(word: string, description: string | null): CompletionItem {
  const item = new CompletionItem(word, CompletionItemKind.EnumMember);
  if (description !== null) item.documentation = new MarkdownString(description);
  return item;
}
