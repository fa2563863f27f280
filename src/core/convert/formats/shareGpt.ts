import { RowProblem } from '../../promptFile/rowProblem';
import { recordOf, writeColumns } from '../columns';
import { openColumns, type ConversionFormat, type Fields } from '../conversionFormat';
import type { ConversionRecord } from '../conversionRecord';
import { divideDialogue, turnsOfPrompt } from '../dialogue';
import { takesSystem, withSystem } from '../readParts';
import { readShareGptTurns, writeShareGptTurn } from '../turns';
import { repliesOf } from './singleReplies';

/** `conversations` of `{from, value}`. @throws RowProblem */
export function readShareGpt(fields: Fields): ConversionRecord {
  const turns = readShareGptTurns(fields['conversations'], '`conversations`');
  if (turns.length === 0) throw new RowProblem('`conversations` is empty');
  const used = ['conversations', ...(takesSystem(turns, fields['system']) ? ['system'] : [])];
  return recordOf({ fields, body: divideDialogue(withSystem(turns, fields['system'])), used });
}

export const shareGptFormat: ConversionFormat = {
  name: 'sharegpt',
  aliases: ['share-gpt', 'llama-factory'],
  summary: 'conversations [{from, value}], system?',
  files: ['jsonl', 'json', 'parquet'],
  capacity: {
    content: 'turns',
    replies: 'optional',
    division: 'last turn',
    scores: 'none',
    columns: new Set([...openColumns].filter((column) => column !== 'label' && column !== 'messageFields')),
  },
  read: readShareGpt,
  write: (record) => {
    const { body } = record;
    if (body.kind !== 'exchange') throw new RowProblem('it is no conversation');
    const turns = [...turnsOfPrompt(body.prompt), ...repliesOf(record).flatMap((reply) => reply.turns)];
    return { conversations: turns.map(writeShareGptTurn), ...writeColumns(record) };
  },
};
