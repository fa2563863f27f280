import { readMessages } from '../../core/promptFile/readMessages';
import { RowProblem } from '../../core/promptFile/rowProblem';
import type { Message } from '../../core/promptFile/message';
import { badRequest } from '../http/httpError';
import type { Route } from '../http/route';
import type { GenerationEvent, TokenLogprob } from '../modelService';
import { completionHead, requireCompletions, usageOf } from './completionParts';
import type { GenerationRouteParts } from './completionParts';
import { readGenerationFields } from './readGenerationFields';
import { RequestFields } from './requestFields';

/** Without `max_tokens` a model that never ends its answer would go on to the end of its context. */
const defaultMaxTokens = 1024;

/** One choice as it grows. */
interface Answer {
  text: string;
  readonly logprobs: TokenLogprob[];
  finishReason: string | null;
}

/** POST /v1/chat/completions of OpenAI's API. */
export function chatCompletionsRoute({ service, turns, now }: GenerationRouteParts): Route {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    run: async ({ body, client, signal, stream }) => {
      requireCompletions(service.model);
      const fields = new RequestFields(body);
      const { isStreamed, includesUsage, ...sampling } = readGenerationFields(fields);
      const alternatives = readAlternatives(fields);
      const request = {
        ...sampling,
        prompt: { kind: 'messages', messages: readChat(fields) },
        maxNewTokens: readMaxTokens(fields),
        alternatives,
        echo: false,
      } as const;
      const generate = (onEvent: (event: GenerationEvent) => void): Promise<void> =>
        turns.run({ client, signal }, () => service.generate(request, onEvent, signal));
      const head = completionHead('chatcmpl', now(), service.model);
      const counts = { prompt: 0, completion: 0 };
      const count = (event: GenerationEvent): void => {
        if (event.kind === 'prompt') counts.prompt = event.tokens;
        if (event.kind === 'end') counts.completion += event.tokens;
      };
      const logprobsOf = (tokens: readonly TokenLogprob[]): unknown =>
        alternatives === null ? null : { content: describeTokens(tokens), refusal: null };

      if (!isStreamed) {
        const answers: Answer[] = Array.from({ length: sampling.count }, () => ({
          text: '',
          logprobs: [],
          finishReason: null,
        }));
        await generate((event) => {
          count(event);
          if (event.kind !== 'prompt') addTo(answers[event.choice], event);
        });
        const choices = answers.map(({ text, logprobs, finishReason }, index) => ({
          index,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: logprobsOf(logprobs),
          finish_reason: finishReason,
        }));
        return { ...head, object: 'chat.completion', choices, usage: usageOf(counts) };
      }

      const events = stream();
      const send = (choices: readonly unknown[], usage: unknown = null): void =>
        events.send({
          ...head,
          object: 'chat.completion.chunk',
          choices,
          ...(includesUsage ? { usage } : {}),
        });
      const chunk = (index: number, delta: object, rest: object = {}): void =>
        send([{ index, delta, logprobs: null, finish_reason: null, ...rest }]);
      await generate((event) => {
        count(event);
        switch (event.kind) {
          case 'prompt':
            for (let index = 0; index < sampling.count; index += 1) chunk(index, { role: 'assistant', content: '' });
            return;
          case 'piece':
            chunk(event.choice, { content: event.text }, { logprobs: logprobsOf(event.logprobs) });
            return;
          case 'end':
            chunk(event.choice, {}, { finish_reason: event.finishReason });
            return;
        }
      });
      if (includesUsage) send([], usageOf(counts));
      events.end();
      return undefined;
    },
  };
}

function addTo(answer: Answer, event: Exclude<GenerationEvent, { kind: 'prompt' }>): void {
  if (event.kind === 'end') {
    answer.finishReason = event.finishReason;
    return;
  }
  answer.text += event.text;
  answer.logprobs.push(...event.logprobs);
}

function readChat(fields: RequestFields): readonly Message[] {
  try {
    return readMessages(fields.get('messages'), '`messages`');
  } catch (error) {
    if (error instanceof RowProblem) throw badRequest(error.message, 'messages');
    throw error;
  }
}

function readMaxTokens(fields: RequestFields): number {
  const range = { least: 1, isInteger: true };
  return fields.number('max_completion_tokens', range) ?? fields.number('max_tokens', range) ?? defaultMaxTokens;
}

function readAlternatives(fields: RequestFields): number | null {
  const isAsked = fields.boolean('logprobs') ?? false;
  const count = fields.number('top_logprobs', { least: 0, most: 20, isInteger: true });
  if (isAsked) return count ?? 0;
  if (count !== undefined && 0 < count) throw fields.refusal('top_logprobs', 'goes with `logprobs`: true');
  return null;
}

/** The tokens of the text; the ending token has none. */
function describeTokens(tokens: readonly TokenLogprob[]): readonly unknown[] {
  return tokens
    .filter(({ isEnd }) => !isEnd)
    .map(({ token, logprob, top }) => ({
      token,
      logprob,
      bytes: bytesOf(token),
      top_logprobs: top.map((other) => ({ ...other, bytes: bytesOf(other.token) })),
    }));
}

/** Null for a part of a character, whose bytes the decoded text does not tell. */
function bytesOf(token: string): readonly number[] | null {
  return token.includes('\uFFFD') ? null : [...Buffer.from(token)];
}
