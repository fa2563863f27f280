import { AlidadeError } from '../../core/alidadeError';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { JobContext } from '../../core/jobContext';
import { checkPromptEnd } from '../../core/promptFile/checkPromptEnd';
import type { Message } from '../../core/promptFile/message';
import { generate } from './generate';
import { requireTemplate } from './languageModel';
import type { LanguageModel } from './languageModel';

export interface AnswerMessagesParams {
  readonly model: LanguageModel;
  /** They end with a turn that can be answered. */
  readonly messages: readonly Message[];
  /** Independent answers; they share the computation of the prompt. */
  readonly count: number;
  /** 0 takes the most likely token: all answers are the same then. */
  readonly temperature: number;
  readonly maxNewTokens: number;
  /** The same seed, the same answers; each answer has a seed of its own, `seed` + its place. */
  readonly seed: number;
  /** Told each answer as soon as it is complete, with its place among the `count`. */
  readonly onAnswer?: (answer: GeneratedAnswer, index: number) => void;
  /** As in `generate`. */
  readonly beforeToken?: () => Promise<void>;
}

/**
 * What a chat model answers to a conversation in its own template.
 * @throws AlidadeError `template` without a chat template or when it refuses the conversation, `row` when there is nothing
 * to answer, `too_long` when the prompt leaves no room in the context, `device`, `cancelled`; answers that were complete
 * by then have been told.
 */
export async function answerMessages(
  params: AnswerMessagesParams,
  context: JobContext,
): Promise<readonly GeneratedAnswer[]> {
  const { model, messages, count, temperature, maxNewTokens, seed, onAnswer, beforeToken } = params;
  checkPromptEnd(messages);
  const promptIds = model.tokenizer.encodeRendered(
    requireTemplate(model).render(messages, { addGenerationPrompt: true }),
  );
  checkRoom(model, promptIds.length);
  const answers: GeneratedAnswer[] = [];
  for (let index = 0; index < count; index += 1) {
    let tokens = 0;
    const report = (): void =>
      context.progress({
        message: count === 1 ? 'Answering' : `Answer ${index + 1} of ${count}`,
        done: index * maxNewTokens + tokens,
        total: count * maxNewTokens,
        unit: 'tokens',
      });
    report();
    const { choices } = await generate(
      model,
      {
        promptIds,
        count: 1,
        seed: seed + index,
        temperature,
        maxNewTokens,
        topP: 1,
        topK: 0,
        ignoreEndOfSequence: false,
        onToken: () => {
          tokens += 1;
          report();
        },
        ...(beforeToken === undefined ? {} : { beforeToken }),
      },
      { ...context, progress: () => undefined },
    );
    const [{ text, finishReason }] = choices;
    const answer: GeneratedAnswer = { text, finishReason };
    answers.push(answer);
    onAnswer?.(answer, index);
  }
  return answers;
}

/** @throws AlidadeError `too_long` */
function checkRoom({ checkpoint }: LanguageModel, promptTokens: number): void {
  const { contextLength } = checkpoint.config;
  if (promptTokens < contextLength) return;
  throw new AlidadeError({
    code: 'too_long',
    message: `the prompt has ${promptTokens} tokens, the context of ${checkpoint.name} is ${contextLength}: an answer has no room`,
    hint: 'shorten the prompt, or choose a model with a longer context',
  });
}
