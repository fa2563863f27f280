import { dirname } from 'node:path';
import type { TextDocument, Uri } from 'vscode';
import { Disposable, EventEmitter, l10n, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { joinProblems } from '../../core/yaml/joinProblems';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { MergeRecipe, RecipeReading } from '../../core/merging/recipe/mergeRecipe';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import type { MergeSourceReading } from '../../core/merging/plan/mergeSource';
import { modelsToRead, needVocabularies } from '../../core/merging/recipe/modelsOfRecipe';
import { parseMergeRecipe } from '../../core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../../core/merging/plan/planMerge';
import { debounce, type Debounced } from '../debounce';
import { affectsSetting } from '../readSetting';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { MergeSources } from './mergeSources';
import { isRecipe } from './recipeSelector';
import { readMergeSettings } from './runMerge';

/** A recipe and what it would make. */
export interface RecipePlan {
  /** Of the document. */
  readonly version: number;
  readonly text: string;
  /** What could be read; empty where it cannot be read as recipes. */
  readonly recipes: readonly MergeRecipe[];
  /** What was found of the models; null: they are being read, or cannot be (`failure`). */
  readonly sources: readonly MergeSourceReading[] | null;
  /** One a document; empty where errors prevent the merge, or before the models are read. */
  readonly stages: readonly MergePlan[];
  /** In the order of the text; of the text alone where there are no sources. */
  readonly problems: readonly RecipeProblem[];
  /** Why the models were not looked at; null: they were, or are being. */
  readonly failure: AlidadeError | null;
}

export interface RecipePlansParams {
  readonly client: SidecarClient;
  /** Of this program. */
  readonly version: string;
}

interface Planned {
  readonly plan: RecipePlan;
  /** Of the last version that could be read as a recipe. */
  readonly lastSources: readonly MergeSourceReading[];
  /** null: nothing is under way. */
  readonly work: AbortController | null;
}

/** Milliseconds without an edit. */
const restDelay = 150;

/**
 * The plans of the recipes that are open: made by the same functions that make those of merges, again after every edit,
 * and when a model has changed. Diagnostics, help, preview and view all look here.
 */
export class RecipePlans implements Disposable {
  readonly #version: string;
  readonly #sources: MergeSources;
  readonly #plans = new Map<string, Planned>();
  readonly #waiting = new Map<string, Debounced>();
  readonly #parsed = new Map<string, { readonly version: number; readonly reading: RecipeReading }>();
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #registered: Disposable;

  /** A recipe has another plan now, or is no recipe any more. */
  readonly onDidChange = this.#changed.event;

  constructor({ client, version }: RecipePlansParams) {
    this.#version = version;
    this.#sources = new MergeSources(client);
    const planAll = (): void => workspace.textDocuments.forEach((document) => void this.#plan(document));
    this.#registered = Disposable.from(
      this.#sources,
      this.#changed,
      this.#sources.onDidChange(planAll),
      workspace.onDidOpenTextDocument((document) => void this.#plan(document)),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (0 < contentChanges.length) this.#planSoon(document);
      }),
      workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      workspace.onDidGrantWorkspaceTrust(planAll),
      workspace.onDidChangeConfiguration((event) => {
        if (affectsSetting(event, 'merge.mergekitCompatible') || affectsSetting(event, 'merge.shardSize')) planAll();
      }),
      // Who comes back from a terminal may have fetched what was missing.
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#planUnread();
      }),
    );
    planAll();
  }

  dispose(): void {
    for (const { work } of this.#plans.values()) work?.abort();
    for (const each of this.#waiting.values()) each.dispose();
    this.#registered.dispose();
  }

  readonly isRecipe = isRecipe;

  /** What is known of a recipe now, perhaps of an earlier version of it; null: it is none, or nothing is known yet. */
  ofDocument(document: TextDocument): RecipePlan | null {
    return this.#plans.get(keyOf(document))?.plan ?? null;
  }

  /** What was found of the models of a recipe, of an earlier version where this one cannot be read as it stands. */
  knownSources(document: TextDocument): readonly MergeSourceReading[] {
    return this.#plans.get(keyOf(document))?.lastSources ?? [];
  }

  /** What the text says as it is now; null: it is no recipe. */
  parse(document: TextDocument): RecipeReading | null {
    if (!isRecipe(document)) return null;
    const key = keyOf(document);
    const known = this.#parsed.get(key);
    if (known?.version === document.version) return known.reading;
    const reading = parseMergeRecipe(document.getText());
    this.#parsed.set(key, { version: document.version, reading });
    return reading;
  }

  /**
   * The plan of a text that stands, or might stand, in a document. Quick where its models have been read.
   * @throws AlidadeError `cancelled`, or why the models could not be looked at.
   */
  async planText(document: TextDocument, text: string, signal: AbortSignal): Promise<RecipePlan> {
    const reading = parseMergeRecipe(text);
    const sources = await this.#readSources(document.uri, reading, signal);
    return this.#planWith({ version: document.version, text, reading, sources });
  }

  #planSoon(document: TextDocument): void {
    const key = keyOf(document);
    const known = this.#waiting.get(key);
    const soon = known ?? debounce(() => void this.#plan(document), restDelay);
    this.#waiting.set(key, soon);
    soon.call();
  }

  async #plan(document: TextDocument): Promise<void> {
    const key = keyOf(document);
    const before = this.#plans.get(key);
    before?.work?.abort();
    const reading = document.isClosed ? null : this.parse(document);
    if (reading === null) {
      if (before !== undefined) this.#forget(document);
      return;
    }
    const work = new AbortController();
    const { signal } = work;
    const { version } = document;
    const text = document.getText();
    const show = (plan: RecipePlan, isDone: boolean): void => {
      if (signal.aborted || document.isClosed) return;
      const isRead = plan.sources !== null && 0 < plan.recipes.length;
      const lastSources = (isRead ? plan.sources : null) ?? this.knownSources(document);
      this.#plans.set(key, { plan, lastSources, work: isDone ? null : work });
      this.#changed.fire(document);
    };
    const bare = bareOf({ version, text, reading });
    this.#plans.set(key, { plan: before?.plan ?? bare, lastSources: before?.lastSources ?? [], work });
    try {
      const sources = await this.#readSources(document.uri, reading, signal, () => show(bare, false));
      if (!signal.aborted) show(this.#planWith({ version, text, reading, sources }), true);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AlidadeError)) throw error;
      show({ ...bare, failure: error }, true);
    }
  }

  #readSources(
    uri: Uri,
    { recipes }: RecipeReading,
    signal: AbortSignal,
    onWait?: () => void,
  ): Promise<readonly MergeSourceReading[]> {
    // A workspace that is not trusted has its text checked: its models are not touched.
    if (!workspace.isTrusted) {
      return Promise.reject(
        new AlidadeError({
          code: 'permission',
          message: l10n.t('the models of the recipe are not looked at: the workspace is not trusted'),
        }),
      );
    }
    const withVocabulary = needVocabularies(recipes);
    return this.#sources.read(
      { models: modelsToRead(recipes), folders: recipeFolders(uri), withVocabulary },
      signal,
      onWait,
    );
  }

  #planWith({ version, text, reading, sources }: PlanOfParams): RecipePlan {
    const { shardBytes, mergekitCompatible } = readMergeSettings();
    const { stages, problems } = planMerge({
      recipes: reading.recipes,
      sources,
      options: {
        dtype: null,
        shardBytes,
        arithmetic: mergekitCompatible ? 'mergekit' : 'exact',
        seed: 0,
        version: this.#version,
        text,
      },
    });
    const all = joinProblems(reading.problems, problems);
    const isFaulty = all.some(({ severity }) => severity === 'error');
    const plan = bareOf({ version, text, reading });
    return { ...plan, sources, stages: isFaulty ? [] : stages, problems: all };
  }

  /** Recipes with models that could not be read. */
  #planUnread(): void {
    for (const document of workspace.textDocuments) {
      const plan = this.ofDocument(document);
      if (plan !== null && (plan.failure !== null || plan.sources?.some((source) => 'error' in source) === true)) {
        void this.#plan(document);
      }
    }
  }

  #forget(document: TextDocument): void {
    const key = keyOf(document);
    this.#waiting.get(key)?.dispose();
    this.#waiting.delete(key);
    this.#parsed.delete(key);
    const known = this.#plans.get(key);
    known?.work?.abort();
    if (this.#plans.delete(key)) this.#changed.fire(document);
  }
}

interface PlanOfParams {
  readonly version: number;
  readonly text: string;
  readonly reading: RecipeReading;
  readonly sources: readonly MergeSourceReading[];
}

/** Of the text alone. */
function bareOf({ version, text, reading }: Omit<PlanOfParams, 'sources'>): RecipePlan {
  return { ...reading, version, text, sources: null, stages: [], failure: null };
}

/** From which folders a recipe's relative paths are taken: its own, then those of the workspace, its own first. */
export function recipeFolders(uri: Uri): readonly string[] {
  const own = workspace.getWorkspaceFolder(uri);
  const others = workspace.workspaceFolders ?? [];
  const roots = [...(own === undefined ? [] : [own]), ...others].flatMap(({ uri: root }) =>
    root.scheme === 'file' ? [root.fsPath] : [],
  );
  return [...new Set([...(uri.scheme === 'file' ? [dirname(uri.fsPath)] : []), ...roots])];
}

function keyOf({ uri }: TextDocument): string {
  return uri.toString();
}
