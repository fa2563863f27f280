import { AlidadeError } from '../alidadeError';
import { detectRowKind, type RowKind } from './detectRowKind';
import type { Message } from './message';
import { parseTranscript } from './parseTranscript';
import { checkEndsWithResponse, checkOrder, readMessages } from './readMessages';
import { describeJson, isRecord, RowProblem } from './rowProblem';
import type { ScorableInput, ScorableRow } from './scorableRow';
import { readShareGptMessages } from './shareGptMessages';

type Fields = Readonly<Record<string, unknown>>;

/** Token ids are 32-bit in every checkpoint; the model's own vocabulary is checked when the row is run. */
const maxTokenId = 2 ** 31 - 1;

/**
 * One row of a data file, whatever its spelling: `messages`; `prompt` (text or messages) or `messages` with `response` or
 * `completion` (also after a `query`); ShareGPT's `conversations`; `chosen` and `rejected`; `responses`; `text`; `ids`;
 * OpenAI's `input` with `preferred_output` and `non_preferred_output`; LMFlow's instances.
 * @param value the parsed JSON.
 * @param fallbackId the id of a row that has none: its line number, from 1.
 * @throws AlidadeError `row`, which names the row and what is wrong with it.
 */
export function readScorableRow(value: unknown, fallbackId: string): ScorableRow {
  const id = readId(value, fallbackId);
  try {
    if (!isRecord(value)) throw new RowProblem(`it is ${describeJson(value)}, not an object`);
    const kind = detectRowKind(value);
    if (kind === null) throw new RowProblem(describeMissing(value));
    return readFields({ kind, id, fields: value });
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    throw new AlidadeError({
      code: 'row',
      message: `row ${id}: ${error.message}`,
      cause: error,
    });
  }
}

/** The row's own `id` (text or number) as text, else the fallback. */
export function readId(value: unknown, fallbackId: string): string {
  if (!isRecord(value)) return fallbackId;
  const { id } = value;
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id) : fallbackId;
}

/** The row's `subset` (text or number) as text, by which summaries are broken down. */
export function readSubset(value: unknown): string | null {
  if (!isRecord(value)) return null;
  const { subset } = value;
  return (typeof subset === 'string' && subset !== '') || typeof subset === 'number' ? String(subset) : null;
}

function describeMissing(fields: Fields): string {
  if (Object.hasOwn(fields, 'prompt'))
    return 'it has `prompt` but no `response`, `completion`, `responses` or `chosen`';
  if (Object.hasOwn(fields, 'response') || Object.hasOwn(fields, 'completion'))
    return 'it has a response but no `prompt`';
  return 'it has none of `messages`, `prompt`, `chosen`, `responses`, `text`, `ids`';
}

interface KnownRow {
  readonly kind: RowKind;
  readonly id: string;
  readonly fields: Fields;
}

function readFields({ kind, id, fields }: KnownRow): ScorableRow {
  switch (kind) {
    case 'messages':
      return { kind: 'single', id, input: readDialogue(readMessages(fields['messages'], '`messages`'), fields) };
    case 'shareGpt': {
      const turns = readShareGptMessages(fields['conversations'], '`conversations`');
      return { kind: 'single', id, input: readDialogue(turns, fields) };
    }
    case 'text':
      return { kind: 'single', id, input: readText(fields['text']) };
    case 'ids':
      return { kind: 'single', id, input: readIds(fields['ids']) };
    case 'response': {
      const key = Object.hasOwn(fields, 'response') ? 'response' : 'completion';
      return { kind: 'single', id, input: continuePrompt(readPrompt(fields), fields[key], code(key)) };
    }
    case 'list':
      return { kind: 'list', id, responses: readList(fields) };
    case 'pair':
      return { kind: 'pair', id, ...readPair(fields) };
    case 'preferredOutput':
      return { kind: 'pair', id, ...readPreferredOutput(fields) };
    case 'lmflowTextToText': {
      const prompt = readPromptValue(fields['input'], '`input`');
      return { kind: 'single', id, input: continuePrompt(prompt, fields['output'], '`output`') };
    }
    case 'lmflowScoredTexts':
      return { kind: 'list', id, responses: readScoredTexts(fields) };
  }
}

function readDialogue(turns: readonly Message[], fields: Fields): ScorableInput {
  const messages = withSystem(turns, fields['system']);
  const name = Object.hasOwn(fields, 'messages') ? '`messages`' : '`conversations`';
  checkOrder(messages, name);
  const last = messages.at(-1);
  // Without a reply the row is valid: some heads score a prompt, and those that cannot say so themselves.
  if (last?.role === 'assistant') checkEndsWithResponse(messages, name);
  return { kind: 'messages', messages };
}

/** LMFlow writes the system prompt beside the messages. */
function withSystem(messages: readonly Message[], system: unknown): readonly Message[] {
  if (typeof system !== 'string' || system === '' || messages[0]?.role === 'system') return messages;
  return [{ role: 'system', content: system }, ...messages];
}

function readText(value: unknown): ScorableInput {
  if (typeof value !== 'string') throw new RowProblem(`\`text\` is ${describeJson(value)}, not a string`);
  if (value === '') throw new RowProblem('`text` is empty');
  return { kind: 'text', text: value };
}

function readIds(value: unknown): ScorableInput {
  if (!Array.isArray(value)) throw new RowProblem(`\`ids\` is ${describeJson(value)}, not a list of token ids`);
  if (value.length === 0) throw new RowProblem('`ids` is empty');
  const ids = value.map((id: unknown, index) => {
    if (typeof id === 'number' && Number.isInteger(id) && 0 <= id && id <= maxTokenId) return id;
    throw new RowProblem(`element ${index + 1} of \`ids\` is ${JSON.stringify(id)}, not a token id`);
  });
  return { kind: 'ids', ids };
}

function readList(fields: Fields): readonly ScorableInput[] {
  const { responses } = fields;
  if (!Array.isArray(responses)) throw new RowProblem(`\`responses\` is ${describeJson(responses)}, not a list`);
  if (responses.length === 0) throw new RowProblem('`responses` is empty');
  const prompt = readPrompt(fields);
  return responses.map((response, index) => continuePrompt(prompt, response, `response ${index + 1}`));
}

function readScoredTexts(fields: Fields): readonly ScorableInput[] {
  const prompt = readPromptValue(fields['input'], '`input`');
  const output = fields['output'] as readonly unknown[];
  if (output.length === 0) throw new RowProblem('`output` is empty');
  return output.map((entry, index) =>
    continuePrompt(prompt, isRecord(entry) ? entry['text'] : entry, `\`output\` ${index + 1}`),
  );
}

interface Pair {
  readonly chosen: ScorableInput;
  readonly rejected: ScorableInput;
}

function readPair(fields: Fields): Pair {
  for (const key of ['chosen', 'rejected']) {
    if (!Object.hasOwn(fields, key)) throw new RowProblem(`\`${key}\` is missing`);
  }
  const prompt = fields['prompt'] === undefined || fields['prompt'] === null ? null : readPrompt(fields);
  const read = (key: string): ScorableInput =>
    prompt === null ? readWholeDialogue(fields[key], code(key)) : continuePrompt(prompt, fields[key], code(key));
  return { chosen: read('chosen'), rejected: read('rejected') };
}

function readPreferredOutput(fields: Fields): Pair {
  const { input } = fields;
  if (!isRecord(input)) throw new RowProblem(`\`input\` is ${describeJson(input)}, not an object with \`messages\``);
  const prompt: Prompt = { messages: readMessages(input['messages'], '`input.messages`'), isText: false };
  return {
    chosen: continuePrompt(prompt, fields['preferred_output'], '`preferred_output`'),
    rejected: continuePrompt(prompt, fields['non_preferred_output'], '`non_preferred_output`'),
  };
}

interface Prompt {
  readonly messages: readonly Message[];
  /** Given as text, which data sets often repeat inside their dialogues. */
  readonly isText: boolean;
}

function readPrompt(fields: Fields): Prompt {
  if (Object.hasOwn(fields, 'prompt')) return readPromptValue(fields['prompt'], '`prompt`');
  if (Object.hasOwn(fields, 'query')) return readPromptValue(fields['query'], '`query`');
  if (Object.hasOwn(fields, 'messages')) {
    return { messages: readMessages(fields['messages'], '`messages`'), isText: false };
  }
  throw new RowProblem('`prompt` is missing');
}

function readPromptValue(value: unknown, name: string): Prompt {
  if (typeof value !== 'string') {
    if (Array.isArray(value)) return { messages: readMessages(value, name), isText: false };
    throw new RowProblem(`${name} is ${describeJson(value)}, neither a string nor a list of messages`);
  }
  if (value.trim() === '') throw new RowProblem(`${name} is empty`);
  const isTranscript = /\n\nAssistant:\s*$/.test(value);
  const messages = (isTranscript ? parseTranscript(value) : null) ?? [{ role: 'user', content: value }];
  return { messages, isText: true };
}

/** A prompt with its response: text, an assistant's message, or messages that may hold the whole dialogue already. */
function continuePrompt(prompt: Prompt, response: unknown, name: string): ScorableInput {
  const messages = appendResponse(prompt, response, name);
  checkOrder(messages, `the conversation with ${name}`);
  checkEndsWithResponse(messages, name);
  return { kind: 'messages', messages };
}

function appendResponse(prompt: Prompt, response: unknown, name: string): readonly Message[] {
  if (typeof response === 'string' && response.trim() === '') throw new RowProblem(`${name} is empty`);
  if (typeof response === 'string') return [...prompt.messages, { role: 'assistant', content: response }];
  const turns = readTurns(response, name);
  if (turns[0]?.role === 'assistant') return [...prompt.messages, ...turns];
  const isWhole = prompt.isText || prompt.messages.every((message, index) => isSameMessage(message, turns[index]));
  return isWhole ? turns : [...prompt.messages, ...turns];
}

function readWholeDialogue(value: unknown, name: string): ScorableInput {
  const messages = typeof value === 'string' ? parseTranscript(value) : readTurns(value, name);
  if (messages === null) {
    throw new RowProblem(`${name} is text without a \`prompt\`, and not a "Human: … Assistant: …" transcript`);
  }
  if (messages.length === 1 && messages[0]?.role === 'assistant') {
    throw new RowProblem(`${name} is a reply without a \`prompt\``);
  }
  checkOrder(messages, name);
  checkEndsWithResponse(messages, name);
  return { kind: 'messages', messages };
}

/** A list of messages, or LMFlow's object that has one. */
function readTurns(value: unknown, name: string): readonly Message[] {
  if (isRecord(value) && Object.hasOwn(value, 'messages')) {
    return withSystem(readMessages(value['messages'], name), value['system']);
  }
  if (Array.isArray(value)) return readMessages(value, name);
  throw new RowProblem(`${name} is ${describeJson(value)}, neither a string nor a list of messages`);
}

function isSameMessage(a: Message, b: Message | undefined): boolean {
  return b !== undefined && a.role === b.role && a.content === b.content;
}

function code(key: string): string {
  return `\`${key}\``;
}
