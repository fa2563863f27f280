import { RowProblem } from '../../promptFile/rowProblem';
import { recordOf } from '../columns';
import { noColumns, type Capacity, type Column, type ConversionFormat, type Fields } from '../conversionFormat';
import { textReply, type ConversionRecord, type Turn } from '../conversionRecord';
import { turnsOfPrompt } from '../dialogue';
import { readPrompt, readText } from '../readParts';
import { writeTurn } from '../turns';
import { readTextList } from './lists';
import { readPreference } from './preferences';
import { readMessagesRow, repliesOf, writtenTexts } from './singleReplies';
import { readTextRow, undividedText } from './texts';

/** `input` and `output` as texts. @throws RowProblem */
export function readTextToText(fields: Fields): ConversionRecord {
  const prompt = readPrompt(fields['input'], '`input`');
  const reply = textReply(readText(fields['output'], '`output`'));
  return recordOf({ fields, body: { kind: 'exchange', prompt, replies: [reply] }, used: ['input', 'output'] });
}

interface LmflowParts extends Pick<ConversionFormat, 'summary' | 'read' | 'write'> {
  readonly type: string;
  readonly capacity: Partial<Capacity>;
  readonly columns?: readonly Column[];
}

/** LMFlow checks that its instances have the members of their type. */
function lmflow({ type, summary, read, write, capacity, columns = [] }: LmflowParts): ConversionFormat {
  return {
    name: `lmflow-${type.replaceAll('_', '-')}`,
    aliases: [type.replaceAll('_', '-')],
    summary,
    lmflowType: type,
    files: ['json'],
    capacity: {
      content: 'text',
      replies: 'one',
      division: 'told',
      scores: 'none',
      columns: columns.length === 0 ? noColumns : new Set(columns),
      ...capacity,
    },
    read,
    write,
  };
}

/** The types of LMFlow's data sets; a file has one object `{"type": …, "instances": […]}`. */
export const lmflowFormats: readonly ConversionFormat[] = [
  lmflow({
    type: 'text_only',
    summary: 'text',
    capacity: { content: 'undivided', replies: 'none' },
    read: readTextRow,
    write: (record) => ({ text: undividedText(record) }),
  }),
  lmflow({
    type: 'text2text',
    summary: 'input, output',
    capacity: {},
    read: readTextToText,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      return { input: prompt, output: replies[0] };
    },
  }),
  lmflow({
    type: 'conversation',
    summary: 'messages, system?, tools?, conversation_id?',
    capacity: { content: 'turns', division: 'last turn', alternates: true },
    columns: ['id', 'tools'],
    read: readMessagesRow,
    write: (record) => {
      const turns = repliesOf(record).flatMap((reply) => reply.turns);
      return writeConversation(record, turns);
    },
  }),
  lmflow({
    type: 'paired_conversation',
    summary: 'chosen {messages, …}, rejected {messages, …}',
    capacity: { content: 'turns', replies: 'pair', division: 'shared beginning', alternates: true },
    columns: ['id', 'tools'],
    read: readPreference,
    write: (record) => {
      const [chosen, rejected] = repliesOf(record).map(({ turns }) => writeConversation(record, turns));
      return { chosen, rejected };
    },
  }),
  lmflow({
    type: 'paired_text_to_text',
    summary: 'prompt, chosen, rejected, margin?',
    capacity: { replies: 'pair' },
    columns: ['margin'],
    read: readPreference,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      const { margin } = record;
      return { prompt, chosen: replies[0], rejected: replies[1], ...(margin === null ? {} : { margin }) };
    },
  }),
  lmflow({
    type: 'text_to_textlist',
    summary: 'input, output (list)',
    capacity: { replies: 'many' },
    read: readTextList,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      return { input: prompt, output: replies };
    },
  }),
  lmflow({
    type: 'text_to_scored_textlist',
    summary: 'input, output [{score, text}]',
    capacity: { replies: 'many', scores: 'required' },
    read: readTextList,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      const output = repliesOf(record).map(({ score }, index) => ({ score, text: replies[index] }));
      return { input: prompt, output };
    },
  }),
];

function writeConversation(record: ConversionRecord, reply: readonly Turn[]): Fields {
  const { body, id, tools } = record;
  if (body.kind !== 'exchange') throw new RowProblem('it is no conversation');
  const turns = [...turnsOfPrompt(body.prompt), ...reply];
  const [first] = turns;
  const system = first?.role === 'system' ? first.content : null;
  return {
    ...(id === null ? {} : { conversation_id: id }),
    ...(system === null ? {} : { system }),
    ...(tools === null ? {} : { tools: writeTools(tools) }),
    messages: turns.slice(system === null ? 0 : 1).map(writeTurn),
  };
}

/** LMFlow has each tool as a text. */
function writeTools(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool: unknown) => (typeof tool === 'string' ? tool : JSON.stringify(tool)));
}
