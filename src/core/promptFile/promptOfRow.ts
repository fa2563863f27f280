import type { Message } from './message';
import { readMessages } from './readMessages';
import { isRecord, RowProblem } from './rowProblem';
import type { ScorableInput, ScorableRow } from './scorableRow';

/** What a row of a data file asks, and what it answers itself. */
export interface RowPrompt {
  /** They end with a turn that can be answered. */
  readonly messages: readonly Message[];
  /** The file's own responses, in its order. */
  readonly responses: readonly { readonly role: 'chosen' | 'rejected' | 'response'; readonly text: string }[];
}

/**
 * The prompt of a row: the conversation before its responses, or one that ends with a user's turn or is a prompt alone.
 * @param row null where the row cannot be scored.
 * @param value its JSON.
 * @throws RowProblem when there is no one prompt that could be answered.
 */
export function promptOfRow(row: ScorableRow | null, value: unknown): RowPrompt {
  if (row === null) return unansweredPrompt(value);
  switch (row.kind) {
    case 'single':
      return splitReplies([{ role: 'response', input: row.input }]);
    case 'pair':
      return splitReplies([
        { role: 'chosen', input: row.chosen },
        { role: 'rejected', input: row.rejected },
      ]);
    case 'list':
      return splitReplies(row.responses.map((input) => ({ role: 'response', input })));
  }
}

function splitReplies(
  replies: readonly { readonly role: RowPrompt['responses'][number]['role']; readonly input: ScorableInput }[],
): RowPrompt {
  const split = replies.map(({ role, input }) => {
    if (input.kind !== 'messages')
      throw new RowProblem('the row holds templated text: its prompt cannot be told from it');
    const last = input.messages.at(-1);
    if (last?.role !== 'assistant') return { role, context: input.messages, text: null };
    return { role, context: input.messages.slice(0, -1), text: last.content };
  });
  const [first] = split;
  if (first === undefined) throw new RowProblem('the row has no responses');
  const context = JSON.stringify(first.context);
  if (split.some((reply) => JSON.stringify(reply.context) !== context)) {
    throw new RowProblem('the conversations before the responses differ: there is no one prompt');
  }
  return {
    messages: answerable(first.context),
    responses: split.flatMap(({ role, text }) => (text === null ? [] : [{ role, text }])),
  };
}

function unansweredPrompt(value: unknown): RowPrompt {
  if (!isRecord(value)) throw new RowProblem('the row has no prompt');
  const { messages, prompt, query } = value;
  const given = messages ?? prompt ?? query;
  if (typeof given === 'string') return { messages: [{ role: 'user', content: given }], responses: [] };
  if (given === undefined) throw new RowProblem('the row has no `messages`, `prompt` or `query`');
  return {
    messages: answerable(readMessages(given, messages === undefined ? '`prompt`' : '`messages`')),
    responses: [],
  };
}

function answerable(messages: readonly Message[]): readonly Message[] {
  const last = messages.at(-1);
  if (last !== undefined && last.role !== 'assistant') return messages;
  throw new RowProblem('there is no turn before the response that could be answered');
}
