import { AlidadeError } from '../../core/alidadeError';
import type { Message } from '../../core/promptFile/message';
import { checkEndsWithResponse, checkOrder, readMessages } from '../../core/promptFile/readMessages';
import { isRecord, RowProblem } from '../../core/promptFile/rowProblem';
import type { ScorableInput } from '../../core/promptFile/scorableRow';

/** Responses of one call: more take longer than anybody waits in a chat. */
export const mostResponses = 16;

/**
 * The conversations that a tool's input asks to score: `prompt` or `messages` with an optional `system`, and one or several
 * responses. A language model wrote the input, so that nothing of it is certain.
 * @param key where the responses are: `response` is one text, `responses` several.
 * @throws AlidadeError `usage`, which says to the language model what to send.
 */
export function readToolInput(input: unknown, key: 'response' | 'responses'): readonly ScorableInput[] {
  try {
    if (!isRecord(input)) throw new RowProblem('the input is no object');
    const prompt = readPrompt(input);
    return readResponses(input[key], key).map((response, index) => {
      const name = key === 'response' ? '`response`' : `response ${index + 1}`;
      const messages = [...prompt, { role: 'assistant', content: response }];
      checkOrder(messages, `the conversation with ${name}`);
      checkEndsWithResponse(messages, name);
      return { kind: 'messages', messages };
    });
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    const hint = `send {"prompt": "…", "${key}": ${key === 'response' ? '"…"' : '["…", "…"]'}}`;
    throw new AlidadeError({ code: 'usage', message: error.message, hint, cause: error });
  }
}

function readPrompt({ prompt, messages, system }: Readonly<Record<string, unknown>>): readonly Message[] {
  const turns = readTurns(prompt, messages);
  if (typeof system !== 'string' || system === '' || turns[0]?.role === 'system') return turns;
  return [{ role: 'system', content: system }, ...turns];
}

function readTurns(prompt: unknown, messages: unknown): readonly Message[] {
  if (Array.isArray(messages)) return readMessages(messages, '`messages`');
  if (typeof prompt !== 'string') throw new RowProblem('`prompt` is missing: what the response answers, as text');
  if (prompt.trim() === '') throw new RowProblem('`prompt` is empty');
  return [{ role: 'user', content: prompt }];
}

function readResponses(value: unknown, key: 'response' | 'responses'): readonly string[] {
  if (key === 'response') {
    if (typeof value !== 'string') throw new RowProblem('`response` is missing: the text to score');
    return [value];
  }
  if (!Array.isArray(value) || value.length < 2 || !value.every((text) => typeof text === 'string')) {
    throw new RowProblem('`responses` has to be a list of at least two texts');
  }
  if (mostResponses < value.length) {
    throw new RowProblem(`\`responses\` has ${value.length} texts, and ${mostResponses} are the most`);
  }
  return value;
}
