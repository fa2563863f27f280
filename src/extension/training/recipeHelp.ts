import { readdir } from 'node:fs/promises';
import type { Disposable, TextDocument } from 'vscode';
import { CompletionItem, CompletionItemKind, l10n, workspace } from 'vscode';
import { headRecipeCursorContext, headRecipeKeyAt } from '../../core/training/recipe/headRecipeCursor';
import { headRecipePlaceAt } from '../../core/training/recipe/headRecipePlaces';
import { isHeadRecipeName } from '../../core/training/recipe/isHeadRecipe';
import type { ListedCheckpoint } from '../../protocol/sidecar';
import { recipeFolders } from '../merging/recipePlans';
import { checkpointItem } from '../yaml/checkpointItem';
import { registerYamlHelp, type YamlHover, type YamlPlace } from '../yaml/registerYamlHelp';
import { snippetItem } from '../yaml/snippetItem';
import { placeMarkdown } from './recipeMarkdown';
import type { RecipeReadings } from './recipeReadings';
import { headRecipeSelector } from './recipeSelector';

export interface RecipeHelpParams {
  readonly readings: RecipeReadings;
  /** Those that the Models view lists. */
  readonly checkpoints: () => Promise<readonly ListedCheckpoint[]>;
}

/** Completion and hover in head recipes. */
export function registerRecipeHelp(params: RecipeHelpParams): Disposable {
  const { readings } = params;
  return registerYamlHelp({
    selector: headRecipeSelector,
    isMeant: (document) => readings.isRecipe(document),
    hasSchema: ({ uri }) => isHeadRecipeName(uri.path),
    own: ['value', 'item'],
    keyAt: headRecipeKeyAt,
    cursorContext: headRecipeCursorContext,
    hover: (document, offset) => valueHover(readings, document, offset),
    items: (place, { document }) => itemsAt(place, params, document),
  });
}

function valueHover(readings: RecipeReadings, document: TextDocument, offset: number): YamlHover | null {
  const place = headRecipePlaceAt(readings.parse(document)?.places ?? [], offset);
  const markdown = place === null ? null : placeMarkdown(place, readings.knownFiles(document));
  return place === null || markdown === null ? null : { markdown, span: place.span };
}

async function itemsAt(
  place: YamlPlace,
  params: RecipeHelpParams,
  document: TextDocument,
): Promise<readonly CompletionItem[]> {
  switch (place.kind) {
    case 'item':
      return itemItems(place.path, params, document);
    case 'value':
      return valueItems(place.path, params, document);
    case 'name':
      return [];
  }
}

function itemItems(path: readonly string[], params: RecipeHelpParams, document: TextDocument): CompletionItem[] {
  const list = path.at(-1);
  if (list === 'data' || list === 'files') return [];
  const lines =
    list === 'objectives'
      ? [
          '- name: $1',
          '  kind: ${2|rating,yes_no|}',
          '  data: ${3:' + (dataNames(params, document)[0] ?? '') + '}',
          '  label: $4',
        ]
      : list === 'checks'
        ? ['- name: $1', '  data: $2', '  objective: $3']
        : null;
  if (lines === null) return [];
  const label = list === 'objectives' ? l10n.t('new objective') : l10n.t('new check');
  return [snippetItem(label, lines)];
}

async function valueItems(
  path: readonly string[],
  params: RecipeHelpParams,
  document: TextDocument,
): Promise<CompletionItem[]> {
  const keys = path.filter((step) => step !== '[]');
  const key = keys.at(-1) ?? '';
  const isData = keys[0] === 'data';
  if (isData && (keys.length === 2 || key === 'files')) return fileItems(document);
  switch (key) {
    case 'data':
      return dataNames(params, document).map((name) => new CompletionItem(name, CompletionItemKind.Reference));
    case 'objective':
      return objectiveNames(params, document).map((name) => new CompletionItem(name, CompletionItemKind.Reference));
    case 'label':
      return [...fieldItems(params, document), ...labelItems()];
    case 'field':
    case 'group':
    case 'groups':
      return fieldItems(params, document);
    case 'model':
    case 'judge':
      return modelItems(params);
    default:
      return [];
  }
}

function labelItems(): CompletionItem[] {
  const words = [
    ['exchanged', l10n.t('responses in their place, and given to another prompt')],
    ['shuffled', l10n.t('responses as they are, and with their words shuffled')],
    ['chosen', l10n.t('the chosen response of a pair, and the rejected one')],
  ] as const;
  return words.map(([word, detail]) => {
    const item = new CompletionItem(word, CompletionItemKind.EnumMember);
    item.detail = detail;
    return item;
  });
}

/** Names that the recipe has given so far; a text that is no recipe yet has those of its last version. */
function dataNames({ readings }: RecipeHelpParams, document: TextDocument): readonly string[] {
  const places = readings.parse(document)?.places ?? [];
  const written = places.flatMap((place) => (place.kind === 'file' ? [place.data] : []));
  return [...new Set([...written, ...readings.knownFiles(document).keys()])];
}

function objectiveNames({ readings }: RecipeHelpParams, document: TextDocument): readonly string[] {
  const reading = readings.parse(document);
  const named = reading?.recipe?.objectives.map(({ name }) => name) ?? [];
  const found = [...document.getText().matchAll(/^\s*-\s*\{?\s*name:\s*([^\s,}][^,}\n]*)/gm)].map(([, name]) =>
    name.trim(),
  );
  return [...new Set(0 < named.length ? named : found)];
}

/** Fields of the rows of all data, with what they say. */
function fieldItems({ readings }: RecipeHelpParams, document: TextDocument): CompletionItem[] {
  const items = new Map<string, CompletionItem>();
  for (const [data, files] of readings.knownFiles(document)) {
    for (const file of files.values()) {
      if (file.kind !== 'read') continue;
      for (const { path, values } of file.fields) {
        if (items.has(path)) continue;
        const item = new CompletionItem(path, CompletionItemKind.Field);
        item.detail = data;
        item.documentation = values.slice(0, 10).join(', ');
        items.set(path, item);
      }
    }
  }
  return [...items.values()];
}

const dataEnding = /\.(jsonl|ndjson|json|csv|tsv|parquet)$/i;

/** Data files beside the recipe and in the roots of the workspace. */
async function fileItems({ uri }: TextDocument): Promise<CompletionItem[]> {
  if (!workspace.isTrusted) return [];
  const names = new Set<string>();
  for (const folder of recipeFolders(uri)) {
    for (const name of await readdir(folder).catch(() => [])) if (dataEnding.test(name)) names.add(name);
  }
  return [...names].sort().map((name) => new CompletionItem(name, CompletionItemKind.File));
}

async function modelItems({ checkpoints }: RecipeHelpParams): Promise<CompletionItem[]> {
  const starter = new CompletionItem('starter', CompletionItemKind.EnumMember);
  const listed = await checkpoints().catch(() => []);
  return [starter, ...listed.filter(({ place }) => place !== 'starter').map(checkpointItem)];
}
