import type { Message } from './message';
import { describeJson, isRecord, RowProblem } from './rowProblem';

/** The roles that chat templates know. */
const knownRoles: readonly string[] = ['system', 'developer', 'user', 'assistant', 'tool'];

/**
 * The messages of a JSON value. Content may be a list of text parts, which are joined; images are refused.
 * @param name how the value is called in errors, such as "`messages`".
 * @throws RowProblem
 */
export function readMessages(value: unknown, name: string): readonly Message[] {
  if (!Array.isArray(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not a list of messages`);
  if (value.length === 0) throw new RowProblem(`${name} is empty`);
  return value.map((message, index) => readMessage(message, `message ${index + 1} of ${name}`));
}

function readMessage(value: unknown, name: string): Message {
  if (!isRecord(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not an object with role and content`);
  const { role } = value;
  if (typeof role !== 'string') throw new RowProblem(`${name}: \`role\` is ${describeJson(role)}`);
  if (!knownRoles.includes(role)) {
    throw new RowProblem(`${name}: unknown role ${JSON.stringify(role)} (known: ${knownRoles.join(', ')})`);
  }
  return { role, content: readContent(value['content'], name) };
}

function readContent(content: unknown, name: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new RowProblem(`${name}: \`content\` is ${describeJson(content)}, not a string`);
  return content.map((part) => readTextPart(part, name)).join('');
}

function readTextPart(part: unknown, name: string): string {
  if (isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
  const kind =
    isRecord(part) && typeof part['type'] === 'string' ? `of type ${JSON.stringify(part['type'])}` : 'without text';
  throw new RowProblem(`${name}: a content part ${kind} cannot be scored, only text`);
}

/**
 * Refuses an order that no conversation has: a system turn after the first, two replies in a row, a reply to nothing. A
 * greeting before the first user turn is accepted where a reply follows later; two user turns in a row are left to the
 * chat template, since many accept them.
 * @throws RowProblem
 */
export function checkOrder(messages: readonly Message[], name: string): void {
  for (const [index, { role }] of messages.entries()) {
    const place = `message ${index + 1} of ${name}`;
    if (isSystem(role) && 0 < index) throw new RowProblem(`${place} is a ${role} turn; only the first may be`);
    if (role === 'assistant' && messages[index - 1]?.role === 'assistant') {
      throw new RowProblem(`${place} is an assistant turn right after another`);
    }
  }
  const first = messages.findIndex(({ role }) => !isSystem(role));
  if (messages[first]?.role !== 'assistant') return;
  const isGreeting = messages.some(({ role }) => role === 'user') && messages.at(-1)?.role === 'assistant';
  if (!isGreeting)
    throw new RowProblem(`message ${first + 1} of ${name} is an assistant turn with no user turn before it`);
}

/** @throws RowProblem unless the conversation ends with an assistant's turn that says something. */
export function checkEndsWithResponse(messages: readonly Message[], name: string): void {
  const last = messages.at(-1);
  if (last === undefined) throw new RowProblem(`${name} is empty`);
  if (last.role !== 'assistant') {
    throw new RowProblem(`${name} ends with a ${last.role} turn, not with an assistant turn`);
  }
  if (last.content.trim() === '') throw new RowProblem(`the last turn of ${name} is empty`);
}

function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}
