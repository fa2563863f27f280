import { AlidadeError } from '../alidadeError';
import type { Span } from '../promptFile/locateJson';
import type { Message } from '../promptFile/message';
import { readScorableRow } from '../promptFile/readScorableRow';
import { readExpectations } from './readExpectations';
import { readGenerationSettings } from './readGenerationSettings';
import type {
  Conversation,
  GenerationSettings,
  NamedResponse,
  PromptInputs,
  RewardTest,
  RewardTestProblem,
  RewardTestSubject,
} from './rewardTest';
import { testSpec } from './rewardTestKeys';
import { plainValue, textOf, YamlReader, type FoundEntry } from '../yaml/yamlReader';
import { spokenText } from './spokenText';
import type { YamlValue } from '../yaml/yamlValue';

export interface ParseTestParams {
  /** What the file says about answers. */
  readonly generation: GenerationSettings;
  /** What the table of keys has found. */
  readonly problems: readonly RewardTestProblem[];
  /** Its place in the file, from 0. */
  readonly index: number;
}

/** One test of a file. */
export function parseRewardTest(item: YamlValue, { generation, problems, index }: ParseTestParams): RewardTest {
  const reader = new YamlReader(item);
  const name = reader.text('name');
  const found: RewardTestProblem[] = [...problems];
  const report = (message: string, span: Span): void => {
    // What the table has found there is not found again in other words.
    const isKnown = problems.some((known) => known.span.start < span.end && span.start < known.span.end);
    if (!isKnown) found.push({ severity: 'error', message, span });
  };
  const title = name === null || name.value.trim() === '' ? `test ${index + 1}` : name.value.trim();
  // A misspelt key may be the very one that seems to be missing.
  const isSpelt = reader.entries.every(({ key }) => Object.hasOwn(testSpec.keys, key));
  const subject = isSpelt ? readSubject(reader, { generation, item, report }) : null;
  const expect = reader.get('expect');
  const expectations =
    subject !== null && expect !== null ? readExpectations(expect, { subject, name: title, report }) : [];
  const isRunnable = found.length === 0 && subject !== null;
  return {
    id: title,
    name: title,
    span: item.span,
    nameSpan: name?.span ?? firstLineOf(item),
    skip: readSkip(reader),
    plan: isRunnable ? { subject, expectations } : null,
    problems: found,
  };
}

type Report = (message: string, span: Span) => void;

interface SubjectParams {
  readonly generation: GenerationSettings;
  readonly item: YamlValue;
  readonly report: Report;
}

function readSkip(reader: YamlReader): string | null {
  const skip = reader.get('skip')?.value;
  if (skip === undefined || (skip.kind === 'boolean' && !skip.value)) return null;
  return skip.kind === 'text' ? skip.value : '';
}

const conversationKeys = ['prompt', 'messages', 'promptFile'] as const;
const subjectKeys = ['response', 'responses', 'generate', 'rows'] as const;

function readSubject(reader: YamlReader, { generation, item, report }: SubjectParams): RewardTestSubject | null {
  const said = conversationKeys.flatMap((key) => reader.get(key) ?? []);
  const scored = subjectKeys.flatMap((key) => reader.get(key) ?? []);
  for (const extra of said.slice(1)) report(`\`${extra.key}\` beside \`${said[0].key}\`: one is enough`, extra.keySpan);
  for (const extra of scored.slice(1)) {
    report(`\`${extra.key}\` beside \`${scored[0].key}\`: one of them is scored`, extra.keySpan);
  }
  for (const key of ['promptLabel', 'inputs']) {
    const entry = reader.get(key);
    if (entry !== null && !reader.has('promptFile')) report(`\`${key}\` needs a \`promptFile\``, entry.keySpan);
  }
  if (1 < said.length || 1 < scored.length) return null;
  const [scoredEntry] = scored as readonly (FoundEntry | undefined)[];
  const [saidEntry] = said as readonly (FoundEntry | undefined)[];
  if (scoredEntry?.key === 'rows') {
    if (saidEntry !== undefined)
      report(`\`${saidEntry.key}\` beside \`rows\`: the rows have theirs`, saidEntry.keySpan);
    const file = reader.text('rows');
    return file === null || saidEntry !== undefined ? null : { kind: 'rows', file };
  }
  if (saidEntry === undefined) {
    report('there is no conversation: give `prompt`, `messages` or `promptFile`', firstLineOf(item));
    return null;
  }
  const conversation = readConversation(reader, saidEntry);
  if (conversation === null) return null;
  if (scoredEntry === undefined) return readWholeDialogue(conversation, saidEntry, report);
  if (scoredEntry.key === 'generate') {
    const settings = readGenerationSettings(scoredEntry.value, generation);
    if (!isPrompt(conversation, report)) return null;
    return { kind: 'generate', conversation, settings };
  }
  const responses = readResponses(scoredEntry);
  const isScorable = checkResponses(conversation, responses, report);
  return isScorable ? { kind: 'responses', conversation, responses } : null;
}

function readConversation(reader: YamlReader, entry: FoundEntry): Conversation | null {
  if (entry.key === 'promptFile') {
    const file = reader.text('promptFile');
    if (file === null) return null;
    return { kind: 'promptFile', file, label: reader.text('promptLabel'), inputs: readInputs(reader) };
  }
  const { value, span } = entry;
  if (value.kind !== 'list') {
    const text = textOf(value);
    return text === null
      ? null
      : { kind: 'messages', messages: [{ role: 'user', content: spokenText(text.value) }], span };
  }
  const messages = value.items.map((item): Message => {
    const fields = new YamlReader(item);
    return { role: fields.text('role')?.value ?? '', content: spokenText(fields.text('content')?.value ?? '') };
  });
  return { kind: 'messages', messages, span };
}

function readInputs(reader: YamlReader): PromptInputs {
  const value = reader.get('inputs')?.value;
  if (value === undefined) return { kind: 'first' };
  const name = textOf(value);
  if (name !== null) return { kind: 'named', name: name.value };
  const entries = value.kind === 'mapping' ? value.entries : [];
  return { kind: 'values', values: Object.fromEntries(entries.map((entry) => [entry.key, plainValue(entry.value)])) };
}

function readResponses({ value }: FoundEntry): readonly NamedResponse[] {
  const one = textOf(value);
  if (one !== null) return [{ name: 'response', text: spokenText(one.value), span: one.span }];
  const named =
    value.kind === 'mapping'
      ? value.entries.map((entry) => ({ name: entry.key, value: entry.value }))
      : value.kind === 'list'
        ? value.items.map((item, index) => ({ name: String(index + 1), value: item }))
        : [];
  return named.flatMap(({ name, value: inner }) => {
    const text = textOf(inner);
    return text === null ? [] : [{ name, text: spokenText(text.value), span: text.span }];
  });
}

/** Messages that end with the reply that is scored. */
function readWholeDialogue(conversation: Conversation, entry: FoundEntry, report: Report): RewardTestSubject | null {
  const last = conversation.kind === 'messages' ? conversation.messages.at(-1) : undefined;
  if (conversation.kind !== 'messages' || last?.role !== 'assistant') {
    report('nothing is scored: give `response`, `responses`, `generate` or `rows`', entry.keySpan);
    return null;
  }
  const items = entry.value.kind === 'list' ? entry.value.items : [];
  const responses = [{ name: 'response', text: last.content, span: items.at(-1)?.span ?? entry.span }];
  const beginning = { ...conversation, messages: conversation.messages.slice(0, -1) };
  if (!checkResponses(beginning, responses, report)) return null;
  return { kind: 'responses', conversation: beginning, responses };
}

/** Reports what the rows of a data file would be refused for. */
function checkResponses(conversation: Conversation, responses: readonly NamedResponse[], report: Report): boolean {
  if (conversation.kind !== 'messages') return true;
  const failures = responses.flatMap(({ text, span }) => {
    const message = describeRowError({ messages: conversation.messages, response: text });
    return message === null ? [] : [{ message, span: text.trim() === '' ? span : conversation.span }];
  });
  const seen = new Set<string>();
  for (const { message, span } of failures) {
    if (!seen.has(message)) report(message, span);
    seen.add(message);
  }
  return failures.length === 0;
}

function isPrompt(conversation: Conversation, report: Report): boolean {
  return checkResponses(conversation, [{ name: '', text: 'an answer', span: { start: 0, end: 0 } }], report);
}

function describeRowError(row: unknown): string | null {
  try {
    readScorableRow(row, '');
    return null;
  } catch (error) {
    if (error instanceof AlidadeError) return error.message.replace(/^row : /, '');
    throw error;
  }
}

function firstLineOf({ kind, span, ...rest }: YamlValue): Span {
  const entries = kind === 'mapping' && 'entries' in rest ? rest.entries : [];
  return entries[0]?.keySpan ?? { start: span.start, end: Math.max(span.start, Math.min(span.end, span.start + 1)) };
}
