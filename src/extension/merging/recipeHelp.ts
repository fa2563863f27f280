import type { CompletionContext, Hover, Position, TextDocument } from 'vscode';
import {
  CompletionItem,
  CompletionItemKind,
  Disposable,
  extensions,
  Hover as HoverText,
  l10n,
  languages,
  MarkdownString,
  Range,
  SnippetString,
} from 'vscode';
import { recipeModelKey } from '../../core/merging/recipe/mergeRecipe';
import { mergeMethods, type MergeMethod } from '../../core/merging/methods/mergeMethod';
import { isReadable } from '../../core/merging/plan/mergeSource';
import { methodTable } from '../../core/merging/methods/methodTable';
import { recipeCursorContext, recipeKeyAt } from '../../core/merging/recipe/recipeCursor';
import { recipePlaceAt } from '../../core/merging/recipe/recipePlace';
import type { CursorContext } from '../../core/yaml/keyCursor';
import type { ListedCheckpoint } from '../../protocol/sidecar';
import { describeBytes } from '../../core/describeQuantity';
import { keyItem } from '../keyItem';
import { modelMarkdown, sharesMarkdown } from './recipeMarkdown';
import { rangeOf, type RecipePlans } from './recipePlans';
import { recipeSelector } from './recipeSelector';

export interface RecipeHelpParams {
  readonly plans: RecipePlans;
  /** Those that the Models view lists. */
  readonly checkpoints: () => Promise<readonly ListedCheckpoint[]>;
}

/** Completion and hover in recipes. Where a YAML language server is there, it does the keys of named files, by our schema. */
export function registerRecipeHelp(params: RecipeHelpParams): Disposable {
  const { plans } = params;
  return Disposable.from(
    languages.registerHoverProvider(recipeSelector, {
      provideHover: (document, position) => (plans.isRecipe(document) ? provideHover(plans, document, position) : null),
    }),
    languages.registerCompletionItemProvider(
      recipeSelector,
      {
        provideCompletionItems: (document, position, _token, _context: CompletionContext) =>
          plans.isRecipe(document) ? provideItems(params, document, position) : [],
      },
      ' ',
      '{',
      ',',
    ),
  );
}

/** It knows files of our schema by their names. */
function isServed({ uri }: TextDocument): boolean {
  return (
    /(\.merge\.ya?ml|mergekit_config\.yml)$/i.test(uri.path) && extensions.getExtension(languageServer) !== undefined
  );
}

const languageServer = 'redhat.vscode-yaml';

function provideHover(plans: RecipePlans, document: TextDocument, position: Position): Hover | null {
  const offset = document.offsetAt(position);
  const place = recipePlaceAt(plans.parse(document)?.recipes ?? [], offset);
  if (place !== null) {
    const plan = plans.ofDocument(document);
    const model = place.model === null ? null : recipeModelKey(place.model);
    const reading = place.kind === 'model' ? plan?.sources?.find(({ key }) => key === model) : undefined;
    const isPart = place.kind === 'model' || place.parameter === 'weight';
    const parts = [
      reading === undefined ? null : modelMarkdown(reading),
      ...(model === null || !isPart ? [] : (plan?.stages ?? []).map((stage) => sharesMarkdown(stage, model))),
    ].filter((part) => part !== null);
    if (0 < parts.length) return new HoverText(new MarkdownString(parts.join('\n\n')), rangeOf(document, place.span));
  }
  if (isServed(document)) return null;
  const found = recipeKeyAt(document.getText(), offset);
  if (found === null) return null;
  const markdown = new MarkdownString(`**${found.key}**\n\n${found.spec.description}`);
  return new HoverText(markdown, rangeOf(document, found));
}

async function provideItems(
  params: RecipeHelpParams,
  document: TextDocument,
  position: Position,
): Promise<CompletionItem[]> {
  const context = recipeCursorContext(document.getText(), document.offsetAt(position));
  if (context === null) return [];
  if (context.kind !== 'value' && isServed(document)) return [];
  const range = new Range(document.positionAt(context.start), position);
  const items = await itemsOf(context, params, document);
  items.forEach((item, index) => {
    item.range = range;
    // In the order of the table: what is most used stands first there.
    item.sortText = String(index).padStart(3, '0');
  });
  return items;
}

async function itemsOf(
  context: CursorContext,
  params: RecipeHelpParams,
  document: TextDocument,
): Promise<CompletionItem[]> {
  switch (context.kind) {
    case 'key':
      return Object.entries(context.keys)
        .filter(([key]) => !context.taken.has(key))
        .map(([key, spec]) => keyItem(key, spec, context.isFlow));
    case 'word':
      return context.words.map(wordItem);
    case 'item':
      return itemItems(context.path);
    case 'value':
      return valueItems(context.path, params, document);
    case 'name':
      return [];
  }
}

function wordItem(word: string): CompletionItem {
  const item = new CompletionItem(word, CompletionItemKind.EnumMember);
  const method = mergeMethods.find((each) => each === word);
  if (method !== undefined) item.documentation = new MarkdownString(methodDescription(method));
  return item;
}

function methodDescription(method: MergeMethod): string {
  const { description, source, perModel, shared } = methodTable[method];
  const names = [...perModel, ...shared].map(({ name }) => `\`${name}\``).join(', ');
  return [description, names, source].filter((part) => part !== '').join('\n\n');
}

function itemItems(path: readonly string[]): CompletionItem[] {
  const list = path.at(-1);
  const lines =
    list === 'models'
      ? ['- model: $1', '  parameters:', '    weight: ${2:0.5}']
      : list === 'sources'
        ? ['- model: $1', '  layer_range: [${2:0}, $3]']
        : list === 'slices'
          ? ['- sources:', '    - model: $1', '      layer_range: [${2:0}, $3]']
          : null;
  if (lines === null) return [];
  const label = list === 'slices' ? l10n.t('new slice') : l10n.t('new model');
  const item = new CompletionItem(label, CompletionItemKind.Snippet);
  item.insertText = new SnippetString(lines.join('\n'));
  return [item];
}

async function valueItems(
  path: readonly string[],
  { plans, checkpoints }: RecipeHelpParams,
  document: TextDocument,
): Promise<CompletionItem[]> {
  const key = path.at(-1) ?? '';
  if (key === 'filter') return filterItems(plans, document);
  const isTokenizer = key === 'tokenizer_source' || (key === 'source' && path.at(-2) === 'tokenizer');
  if (!isTokenizer && !['model', 'base_model', 'lora', 'source'].includes(key)) return [];
  const words = isTokenizer ? ['base', 'union'].map(wordItem) : [];
  const recipes = plans.ofDocument(document)?.recipes ?? [];
  const made = recipes.flatMap(({ name }) => (name === null ? [] : [name.value]));
  const named = plans
    .knownSources(document)
    .filter(isReadable)
    .map((source) => source.key);
  const known = [...new Set([...made, ...named])].map((text) => new CompletionItem(text, CompletionItemKind.Reference));
  const listed = await checkpoints().catch(() => []);
  return [...words, ...known, ...listed.filter(isMergeable).map(checkpointItem)];
}

/** Parts of the names of tensors by which people choose them, as the models have them. */
function filterItems(plans: RecipePlans, document: TextDocument): CompletionItem[] {
  const names = new Set<string>();
  for (const source of plans.knownSources(document)) {
    if (!isReadable(source)) continue;
    for (const name of source.tensors.keys()) {
      for (const part of name.split('.')) if (!/^\d+$|^(model|layers|weight|bias)$/.test(part)) names.add(part);
    }
  }
  const found = names.size === 0 ? ['self_attn', 'mlp', 'norm', 'embed_tokens', 'lm_head'] : [...names].sort();
  return found.map((name) => new CompletionItem(name, CompletionItemKind.Value));
}

/** Weights in floats, in a folder of their own. */
function isMergeable({ path, place }: ListedCheckpoint): boolean {
  return place !== 'starter' && !path.toLowerCase().endsWith('.gguf');
}

function checkpointItem({ name, path, architecture, dtype, bytes }: ListedCheckpoint): CompletionItem {
  const item = new CompletionItem(name, CompletionItemKind.File);
  item.detail = [architecture, dtype, describeBytes(bytes)].filter((part) => part !== null).join(' · ');
  item.documentation = path;
  item.insertText = path;
  item.filterText = `${name} ${path}`;
  return item;
}
