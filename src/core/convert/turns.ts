import { shareGptRole, readShareGptMessage } from '../promptFile/shareGptMessages';
import { describeJson, isRecord, RowProblem } from '../promptFile/rowProblem';
import { textTurn, type Turn } from './conversionRecord';

/**
 * The turns of a list of messages `{role, content, …}`; whatever else a message has is kept.
 * @param name how the list is called in errors, such as "`messages`".
 * @throws RowProblem
 */
export function readTurns(value: unknown, name: string): readonly Turn[] {
  if (!Array.isArray(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not a list of messages`);
  return value.map((message, index) => readTurn(message, `message ${index + 1} of ${name}`));
}

function readTurn(message: unknown, place: string): Turn {
  if (!isRecord(message)) {
    throw new RowProblem(`${place} is ${describeJson(message)}, not an object with role and content`);
  }
  const { role, content, ...extras } = message;
  if (typeof role !== 'string' || role === '') throw new RowProblem(`${place}: \`role\` is ${describeJson(role)}`);
  if (typeof content === 'string') return { role, content, extras: withoutNull(extras) };
  if (content === null || content === undefined) {
    if (!Object.keys(withoutNull(extras)).some((key) => key === 'tool_calls' || key === 'function_call')) {
      throw new RowProblem(`${place} has neither \`content\` nor tool calls`);
    }
    return { role, content: '', extras: { ...withoutNull(extras), content: null } };
  }
  if (!Array.isArray(content)) throw new RowProblem(`${place}: \`content\` is ${describeJson(content)}, not a string`);
  const text = content.map((part: unknown) => textOfPart(part, place)).join('');
  return { role, content: text, extras: { ...withoutNull(extras), content } };
}

/** Tables give every message all the members that any message has. */
function withoutNull(extras: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(extras).filter(([, value]) => value !== null && value !== undefined));
}

function textOfPart(part: unknown, place: string): string {
  if (!isRecord(part)) throw new RowProblem(`${place}: a content part is ${describeJson(part)}, not an object`);
  return isTextPart(part) ? part.text : '';
}

export function isTextPart(part: unknown): part is { readonly type: 'text'; readonly text: string } {
  return isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string';
}

/** The message of a turn, with all that it was read with. */
export function writeTurn({ role, content, extras }: Turn): Readonly<Record<string, unknown>> {
  return { role, content, ...extras };
}

/** The turns of ShareGPT's `{from, value}`. @throws RowProblem */
export function readShareGptTurns(value: unknown, name: string): readonly Turn[] {
  if (!Array.isArray(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not a list of turns`);
  return value.map((turn: unknown, index) => readShareGptTurn(turn, `turn ${index + 1} of ${name}`));
}

/** @throws RowProblem */
export function readShareGptTurn(turn: unknown, place: string): Turn {
  const { role, content } = readShareGptMessage(turn, place);
  const extras = Object.entries(turn as Readonly<Record<string, unknown>>).filter(
    ([key, value]) => key !== 'from' && key !== 'value' && value !== null,
  );
  return { ...textTurn(role, content), extras: Object.fromEntries(extras) };
}

const shareGptNames: Readonly<Record<string, string>> = { user: 'human', assistant: 'gpt' };

/** @throws RowProblem for a role that the format does not know. */
export function writeShareGptTurn({ role, content, extras }: Turn): Readonly<Record<string, unknown>> {
  const from = Object.hasOwn(shareGptNames, role) ? shareGptNames[role] : role;
  if (shareGptRole(from) !== role) throw new RowProblem(`the format does not know the role ${JSON.stringify(role)}`);
  return { from, value: content, ...extras };
}

export function isSameTurn(a: Turn, b: Turn | undefined): boolean {
  return (
    b !== undefined &&
    a.role === b.role &&
    a.content === b.content &&
    JSON.stringify(a.extras) === JSON.stringify(b.extras)
  );
}
