import { parseTranscript } from '../../promptFile/parseTranscript';
import { describeJson, isRecord, RowProblem } from '../../promptFile/rowProblem';
import { numberOf, recordOf, writeColumns, writePairScores } from '../columns';
import { everyFile, openColumns, type ConversionFormat, type Fields } from '../conversionFormat';
import { textReply, textTurn, type ConversionRecord, type Exchange, type Turn } from '../conversionRecord';
import { dividePair, turnsOfPrompt, writeTranscript } from '../dialogue';
import { readDialogue, readPrompt, readReply } from '../readParts';
import { readShareGptTurn, readShareGptTurns, writeShareGptTurn } from '../turns';
import { repliesOf, writtenTexts, writtenTurns } from './singleReplies';

/** `chosen` and `rejected` in any of their spellings. @throws RowProblem */
export function readPreference(fields: Fields): ConversionRecord {
  for (const name of ['chosen', 'rejected']) {
    if ((fields[name] ?? null) === null) throw new RowProblem(`\`${name}\` is missing`);
  }
  const used = ['chosen', 'rejected'];
  if (isTextList(fields['chosen']) && isTextList(fields['rejected'])) return readGraded(fields);
  if (fields['conversations'] !== undefined) {
    return withPairColumns(fields, readShareGptPair(fields), [...used, 'conversations']);
  }
  if ((fields['prompt'] ?? null) === null) return withPairColumns(fields, readWholePair(fields), used);
  const prompt = readPrompt(fields['prompt'], '`prompt`');
  if (prompt.kind === 'text' && (isWhole(fields['chosen']) || isWhole(fields['rejected']))) {
    const pair = readWholePair(fields);
    if (!turnsOfPrompt(pair.prompt).some(({ content }) => content === prompt.text)) {
      throw new RowProblem('`prompt` does not occur in what `chosen` and `rejected` have in common');
    }
    return withPairColumns(fields, pair, [...used, 'prompt']);
  }
  const chosen = { ...readReply(fields['chosen'], prompt, '`chosen`'), label: true };
  const rejected = { ...readReply(fields['rejected'], prompt, '`rejected`'), label: false };
  return withPairColumns(fields, { kind: 'exchange', prompt, replies: [chosen, rejected] }, [...used, 'prompt']);
}

function withPairColumns(fields: Fields, pair: Exchange, used: readonly string[]): ConversionRecord {
  const scores = [numberOf(fields['score_chosen']), numberOf(fields['score_rejected'])];
  const margin = numberOf(fields['margin']);
  const read = [
    ...(scores[0] === null ? [] : ['score_chosen']),
    ...(scores[1] === null ? [] : ['score_rejected']),
    ...(margin === null ? [] : ['margin']),
  ];
  const replies = pair.replies.map((reply, index) => ({ ...reply, score: scores[index] ?? null }));
  const body = { ...pair, replies };
  return recordOf({ fields: { ...sideColumns(fields), ...fields }, body, used: [...used, ...read], margin });
}

/** LMFlow has id and tools beside the messages of each side. */
function sideColumns({ chosen }: Fields): Fields {
  if (!isRecord(chosen)) return {};
  const { conversation_id: id, tools } = chosen;
  return { ...(id === undefined ? {} : { id }), ...(tools === undefined ? {} : { tools }) };
}

/** Messages that begin with the conversation, not with the reply. */
function isWhole(value: unknown): boolean {
  return Array.isArray(value) && isRecord(value[0]) && value[0]['role'] !== 'assistant';
}

/** @throws RowProblem */
function readWholePair(fields: Fields): Exchange {
  const pair = dividePair(readWhole(fields['chosen'], '`chosen`'), readWhole(fields['rejected'], '`rejected`'));
  for (const { turns, label } of pair.replies) {
    if (turns.at(-1)?.role === 'assistant') continue;
    throw new RowProblem(`\`${label === true ? 'chosen' : 'rejected'}\` does not end with an assistant turn`);
  }
  return pair;
}

function readWhole(value: unknown, name: string): readonly Turn[] {
  if (typeof value !== 'string') return readDialogue(value, name);
  const turns = parseTranscript(value);
  if (turns !== null) return turns.map(({ role, content }) => textTurn(role, content));
  throw new RowProblem(`${name} is text without a \`prompt\`, and not a "Human: … Assistant: …" transcript`);
}

function readShareGptPair(fields: Fields): Exchange {
  const turns = readShareGptTurns(fields['conversations'], '`conversations`');
  const reply = (name: string, label: boolean): Exchange['replies'][number] => ({
    turns: [readShareGptTurn(fields[name], `\`${name}\``)],
    label,
    score: null,
  });
  const system = fields['system'];
  const first = typeof system === 'string' && turns[0]?.role !== 'system' ? [textTurn('system', system)] : [];
  return {
    kind: 'exchange',
    prompt: { kind: 'turns', turns: [...first, ...turns] },
    replies: [reply('chosen', true), reply('rejected', false)],
  };
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && 0 < value.length && value.every((entry) => typeof entry === 'string');
}

/** RewardBench 2: several right and several wrong replies. */
function readGraded(fields: Fields): ConversionRecord {
  const prompt = readPrompt(fields['prompt'], '`prompt`');
  const texts = (name: string): readonly string[] => fields[name] as readonly string[];
  const replies = [
    ...texts('chosen').map((text) => textReply(text, { label: true })),
    ...texts('rejected').map((text) => textReply(text, { label: false })),
  ];
  return recordOf({ fields, body: { kind: 'exchange', prompt, replies }, used: ['prompt', 'chosen', 'rejected'] });
}

type About = Pick<ConversionFormat, 'name' | 'aliases' | 'summary'>;

function explicitPair(content: 'text' | 'turns', about: About): ConversionFormat {
  const written = content === 'text' ? writtenTexts : writtenTurns;
  return {
    ...about,
    files: everyFile,
    capacity: { content, replies: 'pair', division: 'told', scores: 'kept', columns: openColumns },
    read: readPreference,
    write: (record) => {
      const { prompt, replies } = written(record);
      const [chosen, rejected] = replies;
      if (prompt.length === 0) throw new RowProblem('its replies have no prompt in common');
      return { prompt, chosen, rejected, ...writePairScores(repliesOf(record)), ...writeColumns(record) };
    },
  };
}

function wholePair(about: About): ConversionFormat {
  return {
    ...about,
    files: everyFile,
    capacity: {
      content: 'turns',
      replies: 'pair',
      division: 'shared beginning',
      scores: 'kept',
      columns: openColumns,
    },
    read: readPreference,
    write: (record) => {
      const { prompt, replies } = writtenTurns(record);
      const [chosen, rejected] = replies.map((reply) => [...prompt, ...reply]);
      return { chosen, rejected, ...writePairScores(repliesOf(record)), ...writeColumns(record) };
    },
  };
}

/** Formats of pairs that are columns of a table. */
export const preferenceFormats: readonly ConversionFormat[] = [
  explicitPair('text', {
    name: 'trl-preference',
    aliases: ['preference', 'trl-preference-explicit', 'dpo'],
    summary: 'prompt, chosen, rejected',
  }),
  explicitPair('turns', {
    name: 'trl-preference-chat',
    aliases: ['preference-chat', 'trl-preference-explicit-chat', 'dpo-chat'],
    summary: 'prompt[], chosen[], rejected[]',
  }),
  {
    name: 'trl-implicit-preference',
    aliases: ['implicit-preference', 'trl-preference-implicit', 'hh-rlhf'],
    summary: 'chosen, rejected: "Human: … Assistant: …" transcripts',
    files: everyFile,
    capacity: {
      content: 'transcript',
      replies: 'pair',
      division: 'shared beginning',
      scores: 'kept',
      columns: openColumns,
    },
    read: readPreference,
    write: writeTranscripts,
  },
  wholePair({
    name: 'trl-implicit-preference-chat',
    aliases: ['implicit-preference-chat', 'trl-preference-implicit-chat'],
    summary: 'chosen[], rejected[] with the prompt in both',
  }),
  wholePair({
    name: 'rlhflow',
    aliases: ['rlhflow-standard'],
    summary: 'chosen[], rejected[] with the prompt in both',
  }),
  wholePair({ name: 'openrlhf', aliases: ['openrlhf-preference'], summary: 'chosen[], rejected[], margin?' }),
  wholePair({ name: 'rewardbench-cli', aliases: [], summary: 'chosen[], rejected[]: what --dataset takes' }),
  explicitPair('text', {
    name: 'rewardbench',
    aliases: ['rewardbench-1', 'rewardbench-v1'],
    summary: 'prompt, chosen, rejected, subset, id',
  }),
  {
    name: 'rewardbench-2',
    aliases: ['rewardbench-v2'],
    summary: 'prompt, chosen (list), rejected (list), subset, id',
    files: everyFile,
    capacity: { content: 'text', replies: 'graded', division: 'told', scores: 'none', columns: openColumns },
    read: readPreference,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      const isChosen = repliesOf(record).map(({ label }) => label === true);
      return {
        prompt,
        chosen: replies.filter((_, index) => isChosen[index]),
        rejected: replies.filter((_, index) => !isChosen[index]),
        ...writeColumns(record),
      };
    },
  },
  {
    name: 'sharegpt-preference',
    aliases: ['llama-factory-preference'],
    summary: 'conversations [{from, value}], chosen {from, value}, rejected {from, value}',
    files: ['jsonl', 'json', 'parquet'],
    capacity: {
      content: 'turns',
      replies: 'pair',
      division: 'told',
      scores: 'kept',
      columns: new Set([...openColumns].filter((column) => column !== 'messageFields')),
    },
    read: readPreference,
    write: writeShareGptPair,
  },
];

function writeTranscripts(record: ConversionRecord): Fields {
  const [chosen, rejected] = repliesOf(record).map(({ turns }) => {
    const { body } = record;
    return writeTranscript([...(body.kind === 'exchange' ? turnsOfPrompt(body.prompt) : []), ...turns]);
  });
  return { chosen, rejected, ...writePairScores(repliesOf(record)), ...writeColumns(record) };
}

function writeShareGptPair(record: ConversionRecord): Fields {
  const { body } = record;
  const prompt = body.kind === 'exchange' ? turnsOfPrompt(body.prompt) : [];
  const [chosen, rejected] = repliesOf(record).map(({ turns }) => {
    const [turn] = turns;
    if (turns.length === 1 && turn !== undefined) return writeShareGptTurn(turn);
    throw new RowProblem('a reply of several turns does not fit');
  });
  return {
    conversations: prompt.map(writeShareGptTurn),
    chosen,
    rejected,
    ...writePairScores(repliesOf(record)),
    ...writeColumns(record),
  };
}

/** OpenAI's preference pairs: a prompt in messages, and each reply as messages. @throws RowProblem */
export function readOpenAiPreference(fields: Fields): ConversionRecord {
  const { input } = fields;
  if (!isRecord(input)) throw new RowProblem(`\`input\` is ${describeJson(input)}, not an object with \`messages\``);
  const { messages, tools, ...rest } = input;
  const prompt = readPrompt(messages, '`input.messages`');
  const reply = (name: string, label: boolean): Exchange['replies'][number] => {
    if (fields[name] === undefined) throw new RowProblem(`\`${name}\` is missing`);
    return { ...readReply(fields[name], prompt, `\`${name}\``), label };
  };
  const body: Exchange = {
    kind: 'exchange',
    prompt,
    replies: [reply('preferred_output', true), reply('non_preferred_output', false)],
  };
  const used = ['input', 'preferred_output', 'non_preferred_output'];
  const beside = Object.fromEntries(Object.entries(rest).filter(([name]) => !Object.hasOwn(fields, name)));
  return recordOf({ fields: { ...fields, ...beside, ...(tools === undefined ? {} : { tools }) }, body, used });
}
