import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import { scoreLimits } from '../../protocol/mergePreviewView';
import type { MergeSelection } from '../../protocol/sidecarMerge';
import { readGenerationOptions } from '../generation/currentGenerator';
import { readSetting } from '../readSetting';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { WorkLease, WorkProcess } from '../sidecar/workProcess';
import type { MeasureContext, MeasuredRecipe, ScoreInputs } from './previewScore';

/** Answers to each prompt, sampled as the model is, and ratios that are tried. */
const distillation = { answers: 4, temperature: 1, budget: 16 } as const;

/** Measures merges that are not written; from the first one on it holds the process that has them in memory. */
export class MergeMeasurer {
  readonly #process: Pick<WorkProcess, 'hold'>;
  #lease: WorkLease | null = null;

  constructor(process: Pick<WorkProcess, 'hold'>) {
    this.#process = process;
  }

  /** @throws AlidadeError as the settings and the engine have it. */
  async measure(
    recipe: Pick<MeasuredRecipe, 'text' | 'folders'>,
    inputs: ScoreInputs,
    context: MeasureContext,
  ): Promise<MergeMeasurement> {
    const { model, maxTokens, truncate } = readScoreSettings();
    const { temperature, maxNewTokens, seed } = readGenerationOptions();
    const { measurement } = await this.#client().measureMerge(
      {
        merge: selectionOf(recipe),
        inputs,
        limits: scoreLimits,
        ...(model.weights === undefined ? {} : { weights: model.weights }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(truncate === undefined ? {} : { truncate }),
        ...(inputs.prompts === null ? {} : { answers: { temperature, maxNewTokens, seed, scorer: model } }),
      },
      context,
    );
    return measurement;
  }

  /**
   * Ratios for the blocks of a recipe by HMA's proxy distillation: answers of the model after RLHF to the prompts.
   * @throws AlidadeError as the settings and the engine have it.
   */
  async distil(
    recipe: Pick<MeasuredRecipe, 'text' | 'folders'>,
    blocks: readonly LayerBlock[],
    prompts: string,
    context: MeasureContext,
  ): Promise<readonly number[]> {
    const { maxNewTokens, seed } = readGenerationOptions();
    const { ratios } = await this.#client().distilMerge(
      {
        merge: selectionOf(recipe),
        ...{ blocks, prompts, maxNewTokens, seed, ...distillation },
        limits: { rows: scoreLimits.rows },
        scorer: readScoreSettings().model,
      },
      context,
    );
    return ratios;
  }

  /** What was merged is freed. */
  dispose(): void {
    const lease = this.#lease;
    this.#lease = null;
    if (lease === null) return;
    void lease.client
      .closeMerge({ signal: new AbortController().signal })
      // A process that has ended holds nothing.
      .catch(() => null)
      .finally(() => lease.dispose());
  }

  #client(): WorkLease['client'] {
    this.#lease ??= this.#process.hold();
    return this.#lease.client;
  }
}

function selectionOf({ text, folders }: Pick<MeasuredRecipe, 'text' | 'folders'>): MergeSelection {
  const { model } = readScoreSettings();
  const threads = readSetting('threads');
  return {
    recipe: text,
    folders,
    arithmetic: readSetting('merge.mergekitCompatible') ? 'mergekit' : 'exact',
    // The starter is a head on a body: its meters stand in where a merge has no reward head of its own.
    ...(model.reference === 'starter' ? { fallbackHead: 'starter' } : {}),
    device: readSetting('device'),
    ...(threads === 0 ? {} : { threads }),
  };
}
