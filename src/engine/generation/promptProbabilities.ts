import { tokenProbabilities } from '../../core/generation/tokenProbabilities';
import type { TokenProbability } from '../../core/generation/tokenProbabilities';
import type { JobContext } from '../../core/jobContext';
import { checkPrompt } from './generate';
import type { LanguageModel } from './languageModel';

export interface PredictedToken {
  readonly id: number;
  /** Natural logarithm; null for the first token, which nothing predicts. */
  readonly logProbability: number | null;
  /** The most likely tokens at this place, the most likely first. */
  readonly top: readonly TokenProbability[];
}

export interface PromptProbabilitiesParams {
  readonly promptIds: readonly number[];
  /** How many of the most likely tokens to name at each place. */
  readonly count: number;
  /** Places computed at a time; set only to test, otherwise the size of the vocabulary decides. */
  readonly windowLength?: number;
}

/** Logits kept at a time: 32 MB of them. */
const maxLogits = 8e6;

/**
 * How likely the model finds each token of a prompt, and the `count` tokens that it would have preferred.
 * @throws AlidadeError `row`, `too_long`, `device`, `cancelled`.
 */
export async function promptProbabilities(
  model: LanguageModel,
  { promptIds, count, windowLength }: PromptProbabilitiesParams,
  context: JobContext,
): Promise<readonly PredictedToken[]> {
  checkPrompt(model, promptIds);
  const window = windowLength ?? Math.max(1, Math.floor(maxLogits / model.checkpoint.config.vocabSize));
  const predicted: PredictedToken[] = [{ id: promptIds[0], logProbability: null, top: [] }];
  while (predicted.length < promptIds.length) {
    const start = predicted.length;
    const end = Math.min(start + window, promptIds.length);
    const positions = Array.from({ length: end - start }, (_, index) => start + index - 1);
    // Each window goes on from the keys and values of those before it.
    const { logits } = await model.session.evaluate(
      { ids: promptIds.slice(0, end - 1), hiddenPositions: [], scored: { kind: 'logits', positions } },
      context,
    );
    for (const [index, row] of logits.entries()) {
      const id = promptIds[start + index];
      predicted.push({ id, ...tokenProbabilities(row, { id, count }) });
    }
  }
  return predicted;
}
