import type { HttpError } from '../http/httpError';
import type { Route } from '../http/route';
import type { GenerationEvent, GenerationPrompt, TokenLogprob } from '../modelService';
import { completionHead, requireCompletions, usageOf } from './completionParts';
import type { GenerationRouteParts } from './completionParts';
import { readGenerationFields } from './readGenerationFields';
import { RequestFields } from './requestFields';

/** OpenAI's own default. */
const defaultMaxTokens = 16;
const maxPrompts = 1024;

interface Answer {
  text: string;
  readonly logprobs: TokenLogprob[];
  finishReason: string | null;
}

/**
 * POST /v1/completions of OpenAI's API. With `echo` and `logprobs` it says how likely the prompt's own tokens are, which is
 * how lm-eval measures log-likelihoods (`local-completions`).
 */
export function completionsRoute({ service, turns, now }: GenerationRouteParts): Route {
  return {
    method: 'POST',
    path: '/v1/completions',
    run: async ({ body, client, signal, stream }) => {
      requireCompletions(service.model);
      const fields = new RequestFields(body);
      const { isStreamed, includesUsage, ...sampling } = readGenerationFields(fields);
      const prompts = readPrompts(fields);
      const echo = fields.boolean('echo') ?? false;
      const alternatives = fields.number('logprobs', { least: 0, most: 20, isInteger: true }) ?? null;
      const maxNewTokens = fields.number('max_tokens', { least: 0, isInteger: true }) ?? defaultMaxTokens;
      const head = { ...completionHead('cmpl', now(), service.model), object: 'text_completion' };
      const counts = { prompt: 0, completion: 0 };
      /** Prompt by prompt, so that other clients have their turn between them. */
      const generate = async (onEvent: (event: GenerationEvent, firstChoice: number) => void): Promise<void> => {
        for (const [index, prompt] of prompts.entries()) {
          const request = { ...sampling, prompt, maxNewTokens, alternatives, echo };
          const firstChoice = index * sampling.count;
          const listen = (event: GenerationEvent): void => {
            if (event.kind === 'prompt') counts.prompt += event.tokens;
            if (event.kind === 'end') counts.completion += event.tokens;
            onEvent(event, firstChoice);
          };
          await turns.run({ client, signal }, () => service.generate(request, listen, signal));
        }
      };
      /** Characters of each choice that have been described, for `text_offset`. */
      const offsets = new Array<number>(prompts.length * sampling.count).fill(0);
      const logprobsOf = (choice: number, tokens: readonly TokenLogprob[]): unknown => {
        if (alternatives === null) return null;
        const described = describeTokens(tokens, offsets[choice]);
        offsets[choice] = described.end;
        return described.logprobs;
      };

      if (!isStreamed) {
        const answers: Answer[] = offsets.map(() => ({ text: '', logprobs: [], finishReason: null }));
        await generate((event, firstChoice) => {
          switch (event.kind) {
            case 'prompt':
              for (const answer of answers.slice(firstChoice, firstChoice + sampling.count)) {
                answer.text = event.text;
                answer.logprobs.push(...event.logprobs);
              }
              return;
            case 'piece':
              answers[firstChoice + event.choice].text += event.text;
              answers[firstChoice + event.choice].logprobs.push(...event.logprobs);
              return;
            case 'end':
              answers[firstChoice + event.choice].finishReason = event.finishReason;
              return;
          }
        });
        const choices = answers.map(({ text, logprobs, finishReason }, index) => ({
          index,
          text,
          logprobs: logprobsOf(index, logprobs),
          finish_reason: finishReason,
        }));
        return { ...head, choices, usage: usageOf(counts) };
      }

      const events = stream();
      const send = (choices: readonly unknown[], usage: unknown = null): void =>
        events.send({ ...head, choices, ...(includesUsage ? { usage } : {}) });
      const chunk = (index: number, text: string, rest: object = {}): void =>
        send([{ index, text, logprobs: null, finish_reason: null, ...rest }]);
      await generate((event, firstChoice) => {
        switch (event.kind) {
          case 'prompt':
            for (let index = firstChoice; echo && index < firstChoice + sampling.count; index += 1) {
              chunk(index, event.text, { logprobs: logprobsOf(index, event.logprobs) });
            }
            return;
          case 'piece': {
            const index = firstChoice + event.choice;
            chunk(index, event.text, { logprobs: logprobsOf(index, event.logprobs) });
            return;
          }
          case 'end':
            chunk(firstChoice + event.choice, '', { finish_reason: event.finishReason });
            return;
        }
      });
      if (includesUsage) send([], usageOf(counts));
      events.end();
      return undefined;
    },
  };
}

/** A text, texts, token ids, or lists of token ids. */
function readPrompts(fields: RequestFields): readonly GenerationPrompt[] {
  const value = fields.get('prompt');
  const refusal = (problem: string): HttpError => fields.refusal('prompt', problem);
  if (typeof value === 'string') return [readText(value)];
  if (!Array.isArray(value) || value.length === 0) {
    throw refusal('has to be a text, token ids, or a list of either that is not empty');
  }
  const list: readonly unknown[] = value;
  if (list.every((id) => typeof id === 'number')) return [{ kind: 'ids', ids: list }];
  if (maxPrompts < list.length) throw refusal(`has ${list.length} prompts, at most ${maxPrompts}`);
  return list.map((prompt) => {
    if (typeof prompt === 'string') return readText(prompt);
    if (isIds(prompt)) return { kind: 'ids', ids: prompt };
    throw refusal('has an element that is neither a text nor a list of token ids');
  });

  function readText(text: string): GenerationPrompt {
    if (text === '') throw refusal('is empty');
    return { kind: 'text', text };
  }
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && 0 < value.length && value.every((id) => typeof id === 'number');
}

/** Four lists of equal length, one entry a token; the ending token is among them, as in vLLM. */
function describeTokens(tokens: readonly TokenLogprob[], start: number): { logprobs: unknown; end: number } {
  let end = start;
  const textOffsets = tokens.map(({ token, isEnd }) => {
    const offset = end;
    if (!isEnd) end += token.length;
    return offset;
  });
  const logprobs = {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(topOf),
    text_offset: textOffsets,
  };
  return { logprobs, end };
}

/** By their texts; of two tokens with the same text the more likely one. The token itself is always there. */
function topOf({ token, logprob, top }: TokenLogprob): Readonly<Record<string, number>> | null {
  if (logprob === null) return null;
  const named = new Map<string, number>();
  for (const other of [...top, { token, logprob }]) {
    if (!named.has(other.token)) named.set(other.token, other.logprob);
  }
  return Object.fromEntries(named);
}
