import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import { openUsableCheckpoint } from '../../engine/checkpoint/openUsableCheckpoint';
import { openLanguageModel, requireLanguageModelHead } from '../../engine/generation/languageModel';
import type { LanguageModel } from '../../engine/generation/languageModel';
import { openRowScorer } from '../../engine/reward/openRowScorer';
import type { RowScorer } from '../../engine/reward/rowScorer';
import type { GenerationEvent, GenerationRequest, RewardOptions, ServedModel } from '../modelService';
import type { ModelChoice } from './modelMessages';
import { streamGeneration } from './streamGeneration';

/**
 * The open model. Of a checkpoint that can both score and continue text, the scoring half is opened at once and the other
 * when it is first asked for: many serve rewards only, and both take memory.
 */
export class ModelHost {
  readonly model: ServedModel;
  readonly #choice: ModelChoice;
  readonly #context: JobContext;
  readonly #scorer: RowScorer | null;
  #languageModel: Promise<LanguageModel> | null;

  private constructor(parts: {
    readonly model: ServedModel;
    readonly choice: ModelChoice;
    readonly context: JobContext;
    readonly scorer: RowScorer | null;
    readonly languageModel: LanguageModel | null;
  }) {
    this.model = parts.model;
    this.#choice = parts.choice;
    this.#context = parts.context;
    this.#scorer = parts.scorer;
    this.#languageModel = parts.languageModel === null ? null : Promise.resolve(parts.languageModel);
  }

  /** @throws AlidadeError `not_found`, `format`, `unsupported`, `weights`, `device`, `no_space`, `cancelled`. */
  static async open(choice: ModelChoice, context: JobContext): Promise<ModelHost> {
    const { checkpoint, headPath } = await openUsableCheckpoint(choice, context);
    const hasRewards = checkpoint.head !== null || headPath !== null || choice.judge === true;
    const scorer = hasRewards ? await openRowScorer(choice, context) : null;
    const languageModel = hasRewards ? null : await openLanguageModel(choice, context);
    const model: ServedModel = {
      name: checkpoint.name,
      contextLength: checkpoint.config.contextLength,
      rewards: scorer?.description ?? null,
      noCompletions: refusalOf(() => requireLanguageModelHead(checkpoint)),
    };
    return new ModelHost({ model, choice, context, scorer, languageModel });
  }

  /** @throws AlidadeError as `RowScorer.scoreBatch`; `weights` when there is no reward head. */
  async scoreBatch(
    rows: readonly ScorableRow[],
    options: RewardOptions,
    context: JobContext,
  ): Promise<readonly ScoredRow[]> {
    if (this.#scorer === null) {
      throw new AlidadeError({ code: 'weights', message: `${this.model.name} has no reward head` });
    }
    return this.#scorer.scoreBatch(rows, options, context);
  }

  /** @throws AlidadeError as `ModelService.generate`. */
  async generate(
    request: GenerationRequest,
    onEvent: (event: GenerationEvent) => void,
    context: JobContext,
  ): Promise<void> {
    // With the context of the process: others may wait for the same opening.
    const opening = (this.#languageModel ??= openLanguageModel(this.#choice, this.#context));
    let model: LanguageModel;
    try {
      model = await opening;
    } catch (error) {
      // The next request tries again: memory may be free by then.
      if (this.#languageModel === opening) this.#languageModel = null;
      throw error;
    }
    await streamGeneration({ model, request, onEvent }, context);
  }
}

function refusalOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof AlidadeError) return error.message;
    throw error;
  }
}
