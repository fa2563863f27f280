import { AlidadeError } from '../../core/alidadeError';
import type { DeviceChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import { meanOf } from '../../core/merging/hma/heldMean';
import { hmaRecipe } from '../../core/merging/hma/hmaRecipe';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { MergeSourceReading } from '../../core/merging/plan/mergeSource';
import { modelsToRead } from '../../core/merging/recipe/modelsOfRecipe';
import { parseMergeRecipe } from '../../core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../../core/merging/plan/planMerge';
import { LiveMerge } from './liveMerge';
import type { HmaPairFacts } from './readHmaPair';
import { readMergeSources } from './readMergeSources';

export interface LiveRatiosParams {
  /** As the recipe is to name them. */
  readonly before: string;
  readonly after: string;
  /** From which relative paths are taken, in this order. */
  readonly folders: readonly string[];
  readonly pair: HmaPairFacts;
  readonly blocks: readonly LayerBlock[];
  /** HMA's learnt variant: embeddings and norms of the model before RLHF. */
  readonly linearOnly: boolean;
  /** The share in the last norm and the head; null: the mean of the ratios. */
  readonly alpha: number | null;
  readonly headPath: string | undefined;
  readonly device: DeviceChoice;
  readonly threads: number | undefined;
}

/** One merged model in memory that goes from ratios to ratios. */
export class LiveRatios {
  readonly #params: LiveRatiosParams;
  #sources: readonly MergeSourceReading[] | null = null;
  #live: LiveMerge | null = null;

  constructor(params: LiveRatiosParams) {
    this.#params = params;
  }

  /** The recipe of these ratios. */
  recipeOf(ratios: readonly number[]): string {
    const { linearOnly, alpha } = this.#params;
    return this.#write({ ratios, linearOnly, alpha: alpha ?? roundedMean(ratios) });
  }

  /**
   * The merged model of these ratios; in use until the next call.
   * @throws AlidadeError `recipe` when the models cannot be merged, and as `LiveMerge`.
   */
  at(ratios: readonly number[], context: JobContext): Promise<LiveMerge> {
    return this.#open(this.recipeOf(ratios), context);
  }

  /** The model after RLHF itself. @throws as `at` */
  after(context: JobContext): Promise<LiveMerge> {
    const ratios = this.#params.blocks.map(() => 0);
    return this.#open(this.#write({ ratios, linearOnly: false, alpha: 0 }), context);
  }

  async release(): Promise<void> {
    await this.#live?.release();
    this.#live = null;
  }

  #write(parts: { readonly ratios: readonly number[]; readonly linearOnly: boolean; readonly alpha: number }): string {
    const { before, after, blocks, pair } = this.#params;
    return hmaRecipe({ before, after, blocks, ...parts, names: pair.names, outDtype: pair.dtype });
  }

  async #open(text: string, context: JobContext): Promise<LiveMerge> {
    const { device, threads, headPath } = this.#params;
    const stages = await this.#plan(text, context);
    if (this.#live === null) this.#live = await LiveMerge.open({ stages, device, threads, headPath }, context);
    else await this.#live.update(stages, context);
    return this.#live;
  }

  async #plan(text: string, context: JobContext): Promise<readonly MergePlan[]> {
    const { recipes, problems: found } = parseMergeRecipe(text);
    const { folders } = this.#params;
    this.#sources ??= await readMergeSources(
      { models: modelsToRead(recipes), folders, withVocabulary: false },
      context,
    );
    const isFirst = this.#live === null;
    const { stages, problems } = planMerge({
      recipes,
      sources: this.#sources,
      options: {
        dtype: null,
        shardBytes: 5e9,
        arithmetic: 'exact',
        seed: 0,
        version: process.env['ALIDADE_VERSION'] ?? '',
        text,
      },
    });
    for (const { severity, message } of isFirst ? [...found, ...problems] : []) {
      if (severity === 'warning') context.logger.warn(message);
    }
    const errors = [...found, ...problems].filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return stages;
    throw new AlidadeError({ code: 'recipe', message: errors.map(({ message }) => message).join('; ') });
  }
}

function roundedMean(ratios: readonly number[]): number {
  return Number(meanOf(ratios).toFixed(12));
}
