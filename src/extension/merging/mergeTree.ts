import { basename, dirname } from 'node:path';
import type { MarkdownString, TreeDataProvider, Uri } from 'vscode';
import { EventEmitter, l10n, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { describeBytes, describeDuration } from '../../core/describeQuantity';
import { describeRun, runTooltip } from '../run/describeRun';
import { stateIcon } from '../run/stateIcon';
import { isResumable } from '../run/unfinishedState';
import type { MergeRecord } from './mergeRecord';

/** Milliseconds between two redraws while a merge reports its progress. */
const redrawInterval = 500;

/** A recipe of the workspace. */
export interface ListedRecipe {
  readonly uri: Uri;
  /** Relative to the workspace; empty at its top. */
  readonly folder: string;
  /** null: it cannot be read as a recipe. */
  readonly method: string | null;
}

type Group = 'recipes' | 'merges';

class GroupItem extends TreeItem {
  constructor(readonly group: Group) {
    super(group === 'recipes' ? l10n.t('Recipes') : l10n.t('Merges'), TreeItemCollapsibleState.Expanded);
    this.id = `group:${group}`;
    this.contextValue = 'group';
  }
}

export class RecipeItem extends TreeItem {
  constructor(readonly recipe: ListedRecipe) {
    super(recipeName(recipe.uri), TreeItemCollapsibleState.None);
    const { uri, method, folder } = recipe;
    this.id = uri.toString();
    this.resourceUri = uri;
    this.description = [method ?? l10n.t('cannot be read'), folder].filter((part) => part !== '').join(' · ');
    this.iconPath = new ThemeIcon('git-merge');
    this.contextValue = 'recipe';
    this.command = { command: 'vscode.open', title: l10n.t('Open'), arguments: [uri] };
    this.accessibilityInformation = { label: `${recipeName(uri)}, ${this.description}` };
  }
}

export class MergeItem extends TreeItem {
  constructor(readonly merge: MergeRecord) {
    super(basename(merge.target), TreeItemCollapsibleState.None);
    this.id = merge.id;
    this.description = mergeDescription(merge);
    this.tooltip = tooltip(merge);
    this.iconPath = stateIcon(merge.state.kind);
    this.contextValue = contextOf(merge);
    this.accessibilityInformation = { label: `${basename(merge.target)}, ${this.description}` };
  }
}

/** Recipes of the workspace, and the merges that were begun in it. */
export class MergeTree implements TreeDataProvider<TreeItem> {
  readonly #recipes: () => Promise<readonly ListedRecipe[]>;
  readonly #merges: () => readonly MergeRecord[];
  readonly #changed = new EventEmitter<void>();
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(recipes: () => Promise<readonly ListedRecipe[]>, merges: () => readonly MergeRecord[]) {
    this.#recipes = recipes;
    this.#merges = merges;
  }

  /** Soon, and not more often than anybody can read. */
  redraw(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire();
    }, redrawInterval);
  }

  getTreeItem(item: TreeItem): TreeItem {
    return item;
  }

  async getChildren(item?: TreeItem): Promise<TreeItem[]> {
    if (item instanceof GroupItem) {
      if (item.group === 'merges') return this.#merges().map((merge) => new MergeItem(merge));
      return (await this.#recipes()).map((recipe) => new RecipeItem(recipe));
    }
    if (item !== undefined) return [];
    const hasRecipes = 0 < (await this.#recipes()).length;
    const hasMerges = 0 < this.#merges().length;
    return [...(hasRecipes ? [new GroupItem('recipes')] : []), ...(hasMerges ? [new GroupItem('merges')] : [])];
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }
}

/** What a recipe is called where people read: without what says that it is one. */
export function recipeName(uri: Uri): string {
  const name = basename(uri.path);
  // Every folder that mergekit has written holds one of that name.
  if (name === 'mergekit_config.yml') return basename(dirname(uri.path));
  return name.replace(/(\.merge)?\.ya?ml$/i, '');
}

/** What stands behind the folder's name. */
export function mergeDescription(merge: MergeRecord): string {
  return describeRun(merge, ({ bytes, seconds }) => [
    describeBytes(bytes),
    l10n.t('in {0}', describeDuration(seconds)),
  ]);
}

/** Words on which the menus of the view hang. */
function contextOf(merge: MergeRecord): string {
  const { kind } = merge.state;
  return [
    'merge',
    ...(kind === 'running' ? ['stoppable'] : ['removable']),
    ...(isResumable(merge) ? ['resumable'] : []),
    ...(kind === 'done' ? ['openable'] : []),
  ].join(' ');
}

function tooltip(merge: MergeRecord): MarkdownString {
  const { recipe, target, state, created, settings } = merge;
  return runTooltip({
    name: basename(target),
    description: mergeDescription(merge),
    state,
    details: [
      l10n.t('Recipe: {0}', recipe),
      l10n.t('Folder: {0}', target),
      ...(settings.mergekitCompatible ? [l10n.t("With mergekit's arithmetic")] : []),
    ],
    created,
  });
}
