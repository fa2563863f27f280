import { l10n, window, type QuickPickItem, type TextDocument } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { meanOf } from '../../core/merging/hma/heldMean';
import { sameBlocks, type LayerBlock } from '../../core/merging/hma/layerBlocks';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import { ratioTrial, type RatioTrial } from '../../core/merging/search/ratioTrial';
import { searchRatios } from '../../core/merging/search/searchRatios';
import type { WorkState } from '../../protocol/mergePreviewView';
import { failureOf, type MeasureContext, type MeasuredRecipe } from './previewScore';
import type { KeptTrial } from './previewTrials';
import { applyRecipeEdits } from '../../core/merging/hma/writeBlockRatios';
import { ratioEdits } from './ratioEdits';
import type { RecipePlans } from './recipePlans';

export interface PreviewSearchStart {
  /** Of the recipe as it is; their mean is held. */
  readonly ratios: readonly number[];
  readonly blocks: readonly LayerBlock[];
  /** Measured on the same files before. */
  readonly trials: readonly KeptTrial[];
  readonly way: SearchWay;
  /** HMA's proxy distillation. */
  readonly distil: (context: MeasureContext) => Promise<readonly number[]>;
  /** The recipe with other ratios for its blocks, measured. */
  readonly measure: (ratios: readonly number[], context: MeasureContext) => Promise<MeasuredTrial>;
  /** Keeps a measurement among those that are shown. */
  readonly add: (trial: MeasuredTrial) => Promise<void>;
}

/** Trial by trial on reward and perplexity, or as HMA has it. */
export type SearchWay = { readonly kind: 'direct'; readonly count: number } | { readonly kind: 'proxy' };

export interface MeasuredTrial {
  readonly recipe: MeasuredRecipe;
  readonly measurement: MergeMeasurement;
}

/** Ratios of which the mean differs by less are of one search. */
const sameMean = 1e-6;

/** Looks for ratios with more reward or less forgetting, trial by trial; what it has tried is among the other trials. */
export class PreviewSearch {
  readonly #onDidChange: () => void;
  #work: WorkState = { kind: 'idle' };
  #stop: AbortController | null = null;

  constructor(onDidChange: () => void) {
    this.#onDidChange = onDidChange;
  }

  get work(): WorkState {
    return this.#work;
  }

  get isRunning(): boolean {
    return this.#stop !== null;
  }

  async start(params: PreviewSearchStart): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#setWork({ kind: 'running', progress: { message: '' } });
    const context: MeasureContext = {
      signal: stop.signal,
      progress: (progress) => {
        if (!stop.signal.aborted) this.#setWork({ kind: 'running', progress });
      },
    };
    try {
      await (params.way.kind === 'direct'
        ? searchDirectly(params, params.way, context)
        : searchByProxy(params, context));
      if (this.#stop === stop) this.#end({ kind: 'idle' });
    } catch (error) {
      if (this.#stop === stop) this.#end(failureOf(error));
    }
  }

  /** What was tried by then stays. */
  stop(): void {
    if (this.#stop === null) return;
    this.#stop.abort();
    this.#end({ kind: 'idle' });
  }

  dispose(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  #end(work: WorkState): void {
    this.#stop = null;
    this.#setWork(work);
  }

  #setWork(work: WorkState): void {
    this.#work = work;
    this.#onDidChange();
  }
}

async function searchDirectly(
  { ratios, blocks, trials, measure, add }: PreviewSearchStart,
  { count }: Extract<SearchWay, { readonly kind: 'direct' }>,
  context: MeasureContext,
): Promise<void> {
  const mean = meanOf(ratios);
  const done = trials.flatMap((trial) => searchedTrial(trial, blocks, mean) ?? []);
  let measured: MeasuredTrial | null = null;
  await searchRatios(
    {
      space: { blocks: blocks.length, mean, epsilon: 0 },
      seed: 0,
      budget: done.length + count,
      trials: done,
      measure: async (tried, within) => {
        measured = await measure(tried, within);
        return ratioTrial(tried, measured.measurement);
      },
      nameOf: (trial) => l10n.t('Trial {0} of {1}', trial - done.length, count),
      onTrial: async () => {
        if (measured !== null && !context.signal.aborted) await add(measured);
      },
    },
    context,
  );
}

async function searchByProxy({ distil, measure, add }: PreviewSearchStart, context: MeasureContext): Promise<void> {
  const measured = await measure(await distil(context), context);
  if (!context.signal.aborted) await add(measured);
}

/** Whether there is anything to look for: several blocks, and a mean that leaves them room. */
export function canSearch(ratios: readonly number[] | null): boolean {
  if (ratios === null || ratios.length < 2) return false;
  const mean = meanOf(ratios);
  return 0.001 < mean && mean < 0.999;
}

/**
 * How to search; null: not at all.
 * @param milliseconds of the last trial
 * @param hasPrompts the model after RLHF can be asked, as HMA's proxy distillation needs it
 */
export async function askHowToSearch(milliseconds: number | null, hasPrompts: boolean): Promise<SearchWay | null> {
  const items = [12, 24, 48].map((count): QuickPickItem & { readonly way: SearchWay } => {
    const minutes = milliseconds === null ? null : Math.ceil((count * milliseconds) / 60_000);
    return {
      way: { kind: 'direct', count },
      label: l10n.t('{0} trials', count),
      description: minutes === null ? '' : l10n.t('about {0} min', minutes),
    };
  });
  if (hasPrompts) {
    items.push({
      way: { kind: 'proxy' },
      label: l10n.t('Proxy distillation (HMA)'),
      detail: l10n.t('The model after RLHF answers the prompts; ratios under which its best answers are most likely'),
    });
  }
  const picked = await window.showQuickPick(items, {
    title: l10n.t('Search for Ratios'),
    placeHolder: l10n.t('Every trial merges in memory and measures; the mean share stays as it is'),
  });
  return picked?.way ?? null;
}

export interface RatioMeasurer {
  readonly document: TextDocument;
  /** The recipe as it was when the search began: edits that are made meanwhile change nothing in what is tried. */
  readonly recipe: MeasuredRecipe;
  readonly plans: Pick<RecipePlans, 'planText'>;
  readonly measure: (recipe: MeasuredRecipe, context: MeasureContext) => Promise<MergeMeasurement>;
}

/** Puts ratios into a recipe and measures it. @throws AlidadeError `recipe`, and as the measurement. */
export function measureRatios({ document, recipe, plans, measure }: RatioMeasurer): PreviewSearchStart['measure'] {
  return async (ratios, context) => {
    const blocks = recipe.blocks ?? [];
    const edits = ratioEdits(recipe.text, recipe, { ratios, blocks });
    if (edits === null) {
      throw new AlidadeError({
        code: 'recipe',
        message: l10n.t('the recipe is no average of two models by blocks of layers any more'),
      });
    }
    const text = applyRecipeEdits(recipe.text, edits);
    const { recipes, stages } = await plans.planText(document, text, context.signal);
    const changed: MeasuredRecipe = { ...recipe, recipes, stages, text, ratios };
    return { recipe: changed, measurement: await measure(changed, context) };
  };
}

/** A trial as a step of the search; null: it is of another one. */
function searchedTrial(trial: KeptTrial, blocks: readonly LayerBlock[], mean: number): RatioTrial | null {
  const { ratios, blocks: cut, measurement } = trial;
  if (ratios === null || cut === null || !sameBlocks(cut, blocks)) return null;
  if (sameMean < Math.abs(meanOf(ratios) - mean)) return null;
  const { reward, perplexity } = measurement;
  return {
    ratios,
    reward: reward?.mean ?? null,
    nll: perplexity?.nll ?? null,
    tokens: perplexity?.tokens ?? 0,
  };
}
