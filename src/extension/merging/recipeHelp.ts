import type { Disposable, TextDocument } from 'vscode';
import { CompletionItem, CompletionItemKind, l10n } from 'vscode';
import { recipeModelKey } from '../../core/merging/recipe/mergeRecipe';
import { mergeMethods } from '../../core/merging/methods/mergeMethod';
import { isReadable } from '../../core/merging/plan/mergeSource';
import { methodTable } from '../../core/merging/methods/methodTable';
import { isRecipeName } from '../../core/merging/recipe/isMergeRecipe';
import { recipeCursorContext, recipeKeyAt } from '../../core/merging/recipe/recipeCursor';
import { recipePlaceAt } from '../../core/merging/recipe/recipePlace';
import type { ListedCheckpoint } from '../../protocol/sidecar';
import { checkpointItem } from '../yaml/checkpointItem';
import { registerYamlHelp, type YamlHover, type YamlPlace } from '../yaml/registerYamlHelp';
import { snippetItem } from '../yaml/snippetItem';
import { modelMarkdown, sharesMarkdown } from './recipeMarkdown';
import type { RecipePlans } from './recipePlans';
import { recipeSelector } from './recipeSelector';

export interface RecipeHelpParams {
  readonly plans: RecipePlans;
  /** Those that the Models view lists. */
  readonly checkpoints: () => Promise<readonly ListedCheckpoint[]>;
}

/** Completion and hover in recipes. */
export function registerRecipeHelp(params: RecipeHelpParams): Disposable {
  const { plans } = params;
  return registerYamlHelp({
    selector: recipeSelector,
    isMeant: (document) => plans.isRecipe(document),
    hasSchema: ({ uri }) => isRecipeName(uri.path),
    own: ['value'],
    keyAt: recipeKeyAt,
    cursorContext: recipeCursorContext,
    hover: (document, offset) => valueHover(plans, document, offset),
    items: (place, { document }) => itemsAt(place, params, document),
    describeWord: describeMethod,
  });
}

function valueHover(plans: RecipePlans, document: TextDocument, offset: number): YamlHover | null {
  const place = recipePlaceAt(plans.parse(document)?.recipes ?? [], offset);
  if (place === null) return null;
  const plan = plans.ofDocument(document);
  const model = place.model === null ? null : recipeModelKey(place.model);
  const reading = place.kind === 'model' ? plan?.sources?.find(({ key }) => key === model) : undefined;
  const isPart = place.kind === 'model' || place.parameter === 'weight';
  const parts = [
    reading === undefined ? null : modelMarkdown(reading),
    ...(model === null || !isPart ? [] : (plan?.stages ?? []).map((stage) => sharesMarkdown(stage, model))),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : { markdown: parts.join('\n\n'), span: place.span };
}

/** null: it is not a method. */
function describeMethod(word: string): string | null {
  const method = mergeMethods.find((each) => each === word);
  if (method === undefined) return null;
  const { description, source, perModel, shared } = methodTable[method];
  const names = [...perModel, ...shared].map(({ name }) => `\`${name}\``).join(', ');
  return [description, names, source].filter((part) => part !== '').join('\n\n');
}

async function itemsAt(
  place: YamlPlace,
  params: RecipeHelpParams,
  document: TextDocument,
): Promise<readonly CompletionItem[]> {
  switch (place.kind) {
    case 'item':
      return itemItems(place.path);
    case 'value':
      return valueItems(place.path, params, document);
    case 'name':
      return [];
  }
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
  return [snippetItem(label, lines)];
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
  const words = isTokenizer
    ? ['base', 'union'].map((word) => new CompletionItem(word, CompletionItemKind.EnumMember))
    : [];
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
