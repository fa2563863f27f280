import { AlidadeError } from '../alidadeError';
import type { Message } from './message';

/** @throws AlidadeError `row` unless the messages end with a turn that an assistant can answer. */
export function checkPromptEnd(messages: readonly Message[]): void {
  const last = messages.at(-1);
  if (last !== undefined && last.role !== 'assistant') return;
  throw new AlidadeError({
    code: 'row',
    message: last === undefined ? 'the prompt has no messages' : 'the prompt ends with an assistant turn',
    hint: 'end it with a user turn, which can be answered',
  });
}
