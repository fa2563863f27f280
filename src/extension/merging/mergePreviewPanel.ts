import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disposable, Memento, TextDocument, WebviewPanel } from 'vscode';
import { env, l10n, Uri, ViewColumn, window, workspace, WorkspaceEdit } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import type { RecipeEdit } from '../../core/merging/hma/writeBlockRatios';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import type { Span } from '../../core/promptFile/locateJson';
import type {
  MergePreviewAction,
  MergePreviewState,
  MergePreviewView,
  PlanView,
  ProblemView,
  ScoreInput,
} from '../../protocol/mergePreviewView';
import {
  actOnMergePreview,
  chooseScoreInput,
  copyMergePreviewText,
  cutBlocks,
  dropScoreInput,
  mergePreviewReady,
  restoreTrial,
  revealInRecipe,
  setMergePreviewLocked,
  setScoreFollows,
  showMergePreview,
  tryRatios,
  writeRatios,
} from '../../protocol/mergePreviewView';
import { rangeOf } from '../rangeOf';
import { runCommand } from '../registerCommand';
import { describeError, reportError } from '../reportError';
import { connectWebview } from '../webviewConnection';
import { chooseInputFile } from './chooseInputFile';
import { importRatios } from './importRatios';
import { MergeMeasurer } from './mergeMeasurer';
import type { WorkProcess } from '../sidecar/workProcess';
import { blockRatiosOf, planView } from './planView';
import { PreviewDifference, type ComparedPair } from './previewDifference';
import { PreviewScore, type MeasuredRecipe } from './previewScore';
import { askHowToSearch, canSearch, measureRatios, PreviewSearch } from './previewSearch';
import { applyRecipeEdits } from '../../core/merging/hma/writeBlockRatios';
import { ratioEdits, recut, type RatioChange } from './ratioEdits';
import { recipeFolders, type RecipePlan, type RecipePlans } from './recipePlans';
import { isRecipe } from './recipeSelector';

export interface MergePreviewTools {
  /** Of the workspace. */
  readonly memory: Memento;
  readonly plans: Pick<RecipePlans, 'ofDocument' | 'planText' | 'onDidChange'>;
  readonly process: Pick<WorkProcess, 'use' | 'hold'>;
}

/** In the workspace's storage: the recipe that the page showed last. */
export const savedPreviewKey = 'alidade.mergePreview';

/** Milliseconds between two drawings of what goes on. */
const drawInterval = 60;

/** The preview of one recipe at a time, which changes where the page follows the editor. */
export class MergePreviewPanel implements Disposable {
  readonly #tools: MergePreviewTools;
  readonly #panel: WebviewPanel;
  readonly #connection: MessageConnection;
  readonly #listener: Disposable;
  #locked: boolean;
  #document: TextDocument | null = null;
  #score: PreviewScore | null = null;
  #measurer: MergeMeasurer | null = null;
  #difference: PreviewDifference | null = null;
  #search: PreviewSearch | null = null;
  /** In which the sliders cut the layers where the recipe itself does not say. */
  #blocks: readonly LayerBlock[] | null = null;
  /** The last plan without errors. */
  #good: RecipePlan | null = null;
  #drawn: { readonly good: RecipePlan; readonly blocks: readonly LayerBlock[] | null; readonly view: PlanView } | null =
    null;
  #freeBytes: number | null = null;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(tools: MergePreviewTools, panel: WebviewPanel, locked: boolean) {
    this.#tools = tools;
    this.#panel = panel;
    this.#locked = locked;
    this.#connection = this.#connect(panel);
    this.#listener = tools.plans.onDidChange((document) => {
      if (document === this.#document) this.#planned();
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.#score?.dispose();
    this.#difference?.dispose();
    this.#search?.dispose();
    this.#measurer?.dispose();
    this.#listener.dispose();
    this.#connection.dispose();
    this.#panel.dispose();
  }

  get view(): MergePreviewView {
    return { state: this.#state(), locked: this.#locked };
  }

  get isLocked(): boolean {
    return this.#locked;
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  toggleLock(): void {
    this.#setLocked(!this.#locked);
    this.#draw();
  }

  show(document: TextDocument): void {
    if (document === this.#document) return;
    this.#score?.dispose();
    this.#difference?.dispose();
    this.#search?.dispose();
    this.#measurer?.dispose();
    const measurer = new MergeMeasurer(this.#tools.process);
    this.#measurer = measurer;
    this.#document = document;
    [this.#good, this.#drawn, this.#blocks, this.#freeBytes] = [null, null, null, null];
    this.#score = new PreviewScore({
      uri: document.uri.toString(),
      memory: this.#tools.memory,
      measure: (recipe, inputs, context) => measurer.measure(recipe, inputs, context),
      onDidChange: () => this.#drawSoon(),
    });
    this.#difference = new PreviewDifference(this.#tools.process, () => this.#drawSoon());
    this.#search = new PreviewSearch(() => this.#drawSoon());
    this.#save();
    this.#planned();
    void this.#readFreeBytes(document);
  }

  #planned(): void {
    const document = this.#document;
    if (document === null) return;
    const plan = this.#tools.plans.ofDocument(document);
    const isGood = plan !== null && plan.stages.length !== 0;
    if (isGood) this.#good = plan;
    this.#draw();
    const current = this.#measured();
    if (current !== null && isGood) this.#score?.follow(current);
  }

  #state(): MergePreviewState {
    const [document, score] = [this.#document, this.#score];
    if (document === null || score === null) return { kind: 'empty' };
    const plan = this.#tools.plans.ofDocument(document);
    const isGood = plan !== null && plan.stages.length !== 0;
    const failure = plan === null || plan.failure === null ? null : describeError(plan.failure);
    const isReading = plan === null ? isRecipe(document) : plan.sources === null && plan.failure === null;
    const pair = this.#pair();
    return {
      kind: 'recipe',
      file: workspace.asRelativePath(document.uri),
      plan: this.#planView(),
      // While its models are read again, what is known of them stands.
      stale: !isGood && !isReading,
      ...{ isReading, failure },
      problems: (plan?.problems ?? []).map((problem) => problemView(document, problem)),
      freeBytes: this.#freeBytes,
      score: score.view(this.#measured()),
      difference: this.#difference?.view(pair) ?? null,
      comparing: this.#difference?.work ?? { kind: 'idle' },
      searching: this.#search?.work ?? { kind: 'idle' },
      actions: this.#actions(isGood, pair),
    };
  }

  /** Drawn once for each plan: figures change while something is measured, the map does not. */
  #planView(): PlanView | null {
    const [good, blocks] = [this.#good, this.#blocks];
    if (good === null) return null;
    if (this.#drawn?.good !== good || this.#drawn.blocks !== blocks) {
      this.#drawn = { good, blocks, view: planView(good, blocks) };
    }
    return this.#drawn.view;
  }

  #actions(canMerge: boolean, pair: ComparedPair | null): readonly MergePreviewAction[] {
    const [score, difference] = [this.#score, this.#difference];
    if (score === null || difference === null) return [];
    const isComparing = difference.work.kind === 'running';
    const canCompare = pair !== null && !isComparing && !difference.isDone(pair);
    return [
      ...(canMerge ? (['merge'] as const) : []),
      ...(score.isRunning ? (['stopScore'] as const) : canMerge && score.hasInputs ? (['score'] as const) : []),
      ...(canMerge && (this.#planView()?.sliders ?? null) !== null ? (['importRatios'] as const) : []),
      ...(score.hasTrials ? (['forgetTrials'] as const) : []),
      ...(this.#search?.isRunning === true
        ? (['stopSearch'] as const)
        : this.#canSearch()
          ? (['search'] as const)
          : []),
      ...(isComparing ? (['stopCompare'] as const) : canCompare ? (['compare'] as const) : []),
      'openRecipe',
    ];
  }

  /** The recipe as its last good plan has it. */
  #measured(): MeasuredRecipe | null {
    const [document, good] = [this.#document, this.#good];
    if (document === null || good === null) return null;
    const found = blockRatiosOf(good, this.#blocks);
    const { recipes, stages, text } = good;
    return {
      ...{ recipes, stages, text, folders: recipeFolders(document.uri) },
      ratios: found?.ratios ?? null,
      blocks: found?.blocks ?? null,
    };
  }

  /** Before and after RLHF, else the first two models of the last document that lie on the disk. */
  #pair(): ComparedPair | null {
    const plan = this.#planView();
    const stage = plan?.stages.at(-1);
    if (stage === undefined || this.#good?.stages.at(-1)?.models.some(({ fingerprint }) => fingerprint === null)) {
      return null;
    }
    const { before, after } = plan?.sliders ?? {};
    const find = (name: string | undefined, place: number): ComparedPair['first'] | undefined =>
      stage.models.find((model) => model.name === name) ?? stage.models[place];
    const [first, second] = [find(before, 0), find(after, 1)];
    return first === undefined || second === undefined || first === second ? null : { first, second };
  }

  #connect(panel: WebviewPanel): MessageConnection {
    const connection = connectWebview(panel.webview);
    connection.onRequest(mergePreviewReady, () => this.view);
    connection.onRequest(setMergePreviewLocked, ({ locked }) => {
      this.#setLocked(locked);
      this.#draw();
      return locked;
    });
    connection.onRequest(tryRatios, ({ ratios }) => this.#tryRatios(ratios));
    connection.onRequest(writeRatios, async ({ ratios }) => {
      await this.#write({ ratios, blocks: this.#cut() });
      return null;
    });
    connection.onRequest(cutBlocks, async ({ blocks }) => {
      const current = this.#good === null ? null : blockRatiosOf(this.#good, this.#blocks);
      if (current !== null) await this.#write(recut(current, blocks));
      return null;
    });
    connection.onRequest(restoreTrial, async ({ trial }) => {
      await this.#restore(trial);
      return null;
    });
    connection.onRequest(chooseScoreInput, async ({ input }) => {
      await this.#chooseInput(input);
      return null;
    });
    connection.onRequest(dropScoreInput, async ({ input }) => {
      await this.#score?.setInput(input, null);
      return null;
    });
    connection.onRequest(setScoreFollows, ({ follows }) => {
      this.#score?.setFollows(follows);
      return null;
    });
    connection.onRequest(revealInRecipe, async ({ span }) => {
      await this.#reveal(span);
      return null;
    });
    connection.onRequest(actOnMergePreview, async ({ action }) => {
      await this.#act(action);
      return null;
    });
    connection.onRequest(copyMergePreviewText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.listen();
    return connection;
  }

  /** Blocks as the sliders on the page are. */
  #cut(): readonly LayerBlock[] {
    return (this.#planView()?.sliders?.blocks ?? []).map(({ first, last }) => ({ first, last }));
  }

  async #tryRatios(ratios: readonly number[]): Promise<PlanView | null> {
    const [document, good] = [this.#document, this.#good];
    if (document === null || good === null) return null;
    const blocks = this.#cut();
    const edits = ratioEdits(good.text, good, { ratios, blocks });
    if (edits === null) return null;
    const plan = await this.#tools.plans.planText(document, applyRecipeEdits(good.text, edits), this.#ended.signal);
    return plan.stages.length === 0 ? null : planView(plan, blocks);
  }

  /** As one step that can be undone. @throws AlidadeError `recipe` when the text has become something else. */
  async #write(change: RatioChange): Promise<void> {
    const document = this.#document;
    if (document === null) return;
    const { version } = document;
    const text = document.getText();
    const plan = await this.#tools.plans.planText(document, text, this.#ended.signal);
    const edits = document.version === version ? ratioEdits(text, plan, change) : null;
    if (edits === null) {
      throw new AlidadeError({
        code: 'recipe',
        message: l10n.t('the recipe is no average of two models by blocks of layers any more'),
        hint: l10n.t('undo the last edits, or write the weights by hand'),
      });
    }
    this.#blocks = change.blocks;
    if (edits.length === 0) this.#draw();
    else await this.#replace(document, edits);
  }

  async #import(document: TextDocument): Promise<void> {
    const current = this.#good === null ? null : blockRatiosOf(this.#good, this.#blocks);
    const change = current === null ? null : await importRatios(current, document.uri.fsPath);
    if (change !== null && document === this.#document) await this.#write(change);
  }

  async #replace(document: TextDocument, edits: readonly RecipeEdit[]): Promise<void> {
    const change = new WorkspaceEdit();
    for (const { span, text } of edits) change.replace(document.uri, rangeOf(document, span), text);
    if (await workspace.applyEdit(change)) return;
    throw new AlidadeError({ code: 'permission', message: l10n.t('the recipe cannot be edited') });
  }

  /** Ratios into the recipe as it is; another kind of recipe as it was. */
  async #restore(index: number): Promise<void> {
    const [trial, document] = [this.#score?.trial(index) ?? null, this.#document];
    if (trial === null || document === null) return;
    const isAverage = (this.#planView()?.sliders ?? null) !== null;
    if (isAverage && trial.ratios !== null && trial.blocks !== null) {
      await this.#write({ ratios: trial.ratios, blocks: trial.blocks });
      return;
    }
    await this.#replace(document, [{ span: { start: 0, end: document.getText().length }, text: trial.recipe }]);
  }

  async #chooseInput(input: ScoreInput): Promise<void> {
    const [score, document] = [this.#score, this.#document];
    if (score === null || document === null) return;
    const path = await chooseInputFile(input, score.inputs[input] ?? document.uri.fsPath);
    if (path === null) return;
    await score.setInput(input, path);
    const current = this.#measured();
    if (current !== null) score.follow(current);
  }

  async #act(action: MergePreviewAction): Promise<void> {
    const [document, score, difference] = [this.#document, this.#score, this.#difference];
    if (document === null || score === null || difference === null) return;
    const current = this.#measured();
    const pair = this.#pair();
    switch (action) {
      case 'merge':
        return runCommand('alidade.runMerge', document.uri);
      case 'score':
        // How it goes is shown; the page does not wait for it.
        if (current !== null) void score.start(current);
        return;
      case 'stopScore':
        return score.stop();
      case 'forgetTrials':
        return score.forgetTrials();
      case 'compare':
        if (pair !== null) void difference.start(pair);
        return;
      case 'stopCompare':
        return difference.stop();
      case 'importRatios':
        return this.#import(document);
      case 'openRecipe':
        return this.#reveal(null);
      case 'showLog':
        return runCommand('alidade.showLog');
      case 'search':
        return current === null ? undefined : this.#searchFrom(current);
      case 'stopSearch':
        return this.#search?.stop();
    }
  }

  #canSearch(): boolean {
    return this.#score?.hasInputs === true && canSearch(this.#measured()?.ratios ?? null);
  }

  /** Tries other ratios for the blocks of a recipe, until as many trials are done as the user wants. */
  async #searchFrom(recipe: MeasuredRecipe): Promise<void> {
    const [document, score, search, measurer] = [this.#document, this.#score, this.#search, this.#measurer];
    const { ratios, blocks } = recipe;
    if (document === null || score === null || search === null || measurer === null) return;
    if (ratios === null || blocks === null) return;
    const { inputs, trials } = score;
    const { prompts } = inputs;
    const way = await askHowToSearch(trials.at(-1)?.measurement.milliseconds ?? null, prompts !== null);
    if (way === null || document !== this.#document) return;
    score.stop();
    void search.start({
      ...{ ratios, blocks, trials, way },
      distil: (context) => measurer.distil(recipe, blocks, prompts ?? '', context),
      measure: measureRatios({
        ...{ document, recipe, plans: this.#tools.plans },
        measure: (changed, context) => measurer.measure(changed, inputs, context),
      }),
      // On other files it would be no point among those that are shown.
      add: async (trial) => (score.inputs === inputs ? score.add(trial.recipe, trial.measurement) : search.stop()),
    });
  }

  async #reveal(span: Span | null): Promise<void> {
    const document = this.#document;
    if (document === null) return;
    const visible = window.visibleTextEditors.find((editor) => editor.document === document);
    const column = this.#panel.viewColumn === ViewColumn.One ? ViewColumn.Beside : ViewColumn.One;
    await window.showTextDocument(document, {
      viewColumn: visible?.viewColumn ?? column,
      ...(span === null ? {} : { selection: rangeOf(document, span) }),
    });
  }

  async #readFreeBytes(document: TextDocument): Promise<void> {
    if (document.uri.scheme !== 'file') return;
    try {
      const { bavail, bsize } = await statfs(dirname(document.uri.fsPath));
      if (document !== this.#document) return;
      this.#freeBytes = bavail * bsize;
      this.#drawSoon();
    } catch {
      // Not known is not shown.
    }
  }

  #setLocked(locked: boolean): void {
    this.#locked = locked;
    this.#panel.title = locked ? l10n.t('Merge Preview (locked)') : l10n.t('Merge Preview');
    this.#save();
  }

  #save(): void {
    const saved: SavedPreview = { uri: this.#document?.uri.toString() ?? null, locked: this.#locked };
    void this.#tools.memory.update(savedPreviewKey, saved);
  }

  /** Not more often than it can be followed. */
  #drawSoon(): void {
    if (this.#disposed) return;
    this.#timer ??= setTimeout(() => this.#draw(), drawInterval);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#disposed) return;
    void this.#connection.sendNotification(showMergePreview, this.view).catch(reportError);
  }
}

export interface SavedPreview {
  readonly uri: string | null;
  readonly locked: boolean;
}

/** Whatever was kept. */
export function readSavedPreview(value: unknown): SavedPreview {
  if (typeof value !== 'object' || value === null) return { uri: null, locked: false };
  const { uri, locked } = value as Record<string, unknown>;
  return { uri: typeof uri === 'string' ? uri : null, locked: locked === true };
}

function problemView(document: TextDocument, { severity, message, span }: RecipeProblem): ProblemView {
  return { severity, message, span, line: document.positionAt(span.start).line + 1 };
}

export function previewUri({ uri }: SavedPreview): Uri | null {
  try {
    return uri === null ? null : Uri.parse(uri, true);
  } catch {
    return null;
  }
}
