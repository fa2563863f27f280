import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import { scoreLimits } from '../../protocol/mergePreviewView';
import { readGenerationOptions } from '../generation/currentGenerator';
import { readSetting } from '../readSetting';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { MergeLease, MergeProcess } from './mergeProcess';
import type { MeasureContext, MeasuredRecipe, ScoreInputs } from './previewScore';

/** Measures merges that are not written; from the first one on it holds the process that has them in memory. */
export class MergeMeasurer {
  readonly #process: Pick<MergeProcess, 'hold'>;
  #lease: MergeLease | null = null;

  constructor(process: Pick<MergeProcess, 'hold'>) {
    this.#process = process;
  }

  /** @throws AlidadeError as the settings and the engine have it. */
  async measure(
    { text, folders }: Pick<MeasuredRecipe, 'text' | 'folders'>,
    inputs: ScoreInputs,
    context: MeasureContext,
  ): Promise<MergeMeasurement> {
    const { model, maxTokens, truncate } = readScoreSettings();
    const { temperature, maxNewTokens, seed } = readGenerationOptions();
    const threads = readSetting('threads');
    this.#lease ??= this.#process.hold();
    const { measurement } = await this.#lease.client.measureMerge(
      {
        merge: {
          recipe: text,
          folders,
          arithmetic: readSetting('merge.mergekitCompatible') ? 'mergekit' : 'exact',
          // The starter is a head on a body: its meters stand in where a merge has no reward head of its own.
          ...(model.reference === 'starter' ? { fallbackHead: 'starter' } : {}),
          device: readSetting('device'),
          ...(threads === 0 ? {} : { threads }),
        },
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
}
