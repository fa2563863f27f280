import type { Message } from './message';
import { describeJson, isRecord, RowProblem } from './rowProblem';

/** Who is speaking, in the spellings of the data sets that have `from` and `value`. */
const roles: Readonly<Record<string, string>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  tool: 'tool',
  observation: 'tool',
  function_response: 'tool',
};

/** The role that a `from` stands for; null: none that is known. */
export function shareGptRole(from: unknown): string | null {
  return typeof from === 'string' && Object.hasOwn(roles, from) ? (roles[from] ?? null) : null;
}

/**
 * The messages of ShareGPT's `conversations`: `{from, value}` each.
 * @param name how the list is called in errors.
 * @throws RowProblem
 */
export function readShareGptMessages(value: unknown, name: string): readonly Message[] {
  if (!Array.isArray(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not a list of turns`);
  if (value.length === 0) throw new RowProblem(`${name} is empty`);
  return value.map((turn: unknown, index) => readShareGptMessage(turn, `turn ${index + 1} of ${name}`));
}

/** @throws RowProblem */
export function readShareGptMessage(turn: unknown, place: string): Message {
  if (!isRecord(turn)) throw new RowProblem(`${place} is ${describeJson(turn)}, not an object with from and value`);
  const role = shareGptRole(turn['from']);
  if (role === null) {
    const known = Object.keys(roles).join(', ');
    throw new RowProblem(`${place}: unknown \`from\` ${JSON.stringify(turn['from'])} (known: ${known})`);
  }
  if (typeof turn['value'] === 'string') return { role, content: turn['value'] };
  throw new RowProblem(`${place}: \`value\` is ${describeJson(turn['value'])}, not a string`);
}
