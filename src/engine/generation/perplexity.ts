import { AlidadeError } from '../../core/alidadeError';
import { commonPrefixLength } from '../../core/commonPrefixLength';
import type { JobContext } from '../../core/jobContext';
import type { Message } from '../../core/promptFile/message';
import { requireTemplate } from './languageModel';
import type { LanguageModel } from './languageModel';

export interface Perplexity {
  /** Predicted tokens. */
  readonly tokens: number;
  /** Sum over the predicted tokens of −ln p, nats. */
  readonly nll: number;
  /** exp(nll / tokens) */
  readonly perplexity: number;
}

export function perplexityOf({ tokens, nll }: Pick<Perplexity, 'tokens' | 'nll'>): Perplexity {
  return { tokens, nll, perplexity: Math.exp(nll / tokens) };
}

/**
 * Negative log-likelihood of all tokens after the first. A text longer than the context is read in windows that overlap
 * by half, so that every token but those of the first window is predicted from at least half a context.
 * @throws AlidadeError `row` when there is nothing to predict, `cancelled`.
 */
export async function measureIds(
  model: LanguageModel,
  ids: readonly number[],
  context: JobContext,
): Promise<Pick<Perplexity, 'tokens' | 'nll'>> {
  if (ids.length < 2) throw new AlidadeError({ code: 'row', message: 'at least two tokens are needed' });
  const { contextLength } = model.checkpoint.config;
  const stride = Math.max(1, Math.floor(contextLength / 2));
  let nll = 0;
  let predicted = 1;
  for (let start = 0; predicted < ids.length; start += stride) {
    const end = Math.min(start + contextLength, ids.length);
    const positions = range(predicted - start - 1, end - start - 1);
    nll += await negativeLogLikelihood(model, { ids: ids.slice(start, end), positions }, context);
    predicted = end;
    context.progress({ message: 'Measuring', done: end, total: ids.length, unit: 'tokens' });
  }
  return { tokens: ids.length - 1, nll };
}

/**
 * Negative log-likelihood of the assistant's turns of a conversation, each with its end of turn.
 * @throws AlidadeError `row` when the assistant says nothing or speaks first, `too_long`, `template`, `cancelled`.
 */
export async function measureReplies(
  model: LanguageModel,
  messages: readonly Message[],
  context: JobContext,
): Promise<Pick<Perplexity, 'tokens' | 'nll'>> {
  const template = requireTemplate(model);
  const { tokenizer, checkpoint } = model;
  const encode = (part: readonly Message[], addGenerationPrompt: boolean): number[] =>
    tokenizer.encodeRendered(template.render(part, { addGenerationPrompt }));
  if (messages[0]?.role === 'assistant') {
    throw new AlidadeError({
      code: 'row',
      message: 'the conversation begins with a reply, before anything that it could answer',
      hint: 'begin it with a system or user message',
    });
  }
  const ids = encode(messages, false);
  if (checkpoint.config.contextLength < ids.length) {
    throw new AlidadeError({
      code: 'too_long',
      message: `${ids.length} tokens, the context of ${checkpoint.name} is ${checkpoint.config.contextLength}`,
      hint: 'shorten the conversation',
    });
  }
  const positions = messages.flatMap((message, index) => {
    if (message.role !== 'assistant') return [];
    const start = commonPrefixLength(ids, encode(messages.slice(0, index), true));
    const turnEnd = commonPrefixLength(ids, encode(messages.slice(0, index + 1), false));
    // What the template writes after the end of turn (a line break) is not the assistant's.
    let end = turnEnd;
    while (start < end && !tokenizer.isSpecial(ids[end - 1])) end -= 1;
    // The very first token has nothing from which it could be predicted.
    return range(Math.max(1, start) - 1, (end === start ? turnEnd : end) - 1);
  });
  if (positions.length === 0) {
    throw new AlidadeError({ code: 'row', message: 'the conversation has no assistant turn' });
  }
  return { tokens: positions.length, nll: await negativeLogLikelihood(model, { ids, positions }, context) };
}

async function negativeLogLikelihood(
  model: LanguageModel,
  { ids, positions }: { readonly ids: readonly number[]; readonly positions: readonly number[] },
  context: JobContext,
): Promise<number> {
  const { logProbabilities } = await model.session.evaluate(
    { ids, hiddenPositions: [], scored: { kind: 'predictions', positions } },
    context,
  );
  return -logProbabilities.reduce((sum, value) => sum + value, 0);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
