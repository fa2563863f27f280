import { describeJson, isRecord, RowProblem } from '../promptFile/rowProblem';
import type { Fields } from './conversionFormat';
import { textReply, type Prompt, type Reply, type Turn } from './conversionRecord';
import { isSameTurn, readTurns } from './turns';

/** A prompt: text or messages. @throws RowProblem */
export function readPrompt(value: unknown, name: string): Prompt {
  if (Array.isArray(value)) {
    if (value.length === 0) throw new RowProblem(`${name} is empty`);
    return { kind: 'turns', turns: readTurns(value, name) };
  }
  if (typeof value !== 'string') {
    throw new RowProblem(`${name} is ${describeJson(value)}, neither a string nor a list of messages`);
  }
  if (value === '') throw new RowProblem(`${name} is empty`);
  return { kind: 'text', text: value };
}

/** A reply: text or messages; those that begin with the prompt once more lose it. @throws RowProblem */
export function readReply(value: unknown, prompt: Prompt, name: string): Reply {
  if (typeof value === 'string') return textReply(value);
  if (!Array.isArray(value)) {
    throw new RowProblem(`${name} is ${describeJson(value)}, neither a string nor a list of messages`);
  }
  const turns = readTurns(value, name);
  if (turns.length === 0) throw new RowProblem(`${name} is empty`);
  const reply = repeatsPrompt(turns, prompt) ? turns.slice(prompt.turns.length) : turns;
  return { turns: reply, label: null, score: null };
}

function repeatsPrompt(
  turns: readonly Turn[],
  prompt: Prompt,
): prompt is { readonly kind: 'turns'; readonly turns: readonly Turn[] } {
  if (prompt.kind === 'text' || prompt.turns.length === 0 || turns.length <= prompt.turns.length) return false;
  return turns[0]?.role !== 'assistant' && prompt.turns.every((turn, index) => isSameTurn(turn, turns[index]));
}

/** A text that has to be there. @throws RowProblem */
export function readText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new RowProblem(`${name} is ${describeJson(value)}, not a string`);
}

/** A list that has to have something. @throws RowProblem */
export function readList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RowProblem(`${name} is ${describeJson(value)}, not a list`);
  if (value.length === 0) throw new RowProblem(`${name} is empty`);
  return value;
}

/** LMFlow and others write the system prompt beside the messages. */
export function withSystem(turns: readonly Turn[], system: unknown): readonly Turn[] {
  if (typeof system !== 'string' || system === '' || turns[0]?.role === 'system') return turns;
  return [{ role: 'system', content: system, extras: {} }, ...turns];
}

/** Whether `withSystem` takes the field. */
export function takesSystem(turns: readonly Turn[], system: unknown): boolean {
  return typeof system === 'string' && system !== '' && turns[0]?.role !== 'system';
}

/** The first of some members that the row has. */
export function memberOf(fields: Fields, names: readonly string[]): string | null {
  return names.find((name) => (fields[name] ?? null) !== null) ?? null;
}

/** LMFlow's object with messages, or the messages themselves. @throws RowProblem */
export function readDialogue(value: unknown, name: string): readonly Turn[] {
  const turns = isRecord(value)
    ? withSystem(readTurns(value['messages'], `${name}.messages`), value['system'])
    : readTurns(value, name);
  if (turns.length === 0) throw new RowProblem(`${name} is empty`);
  return turns;
}
