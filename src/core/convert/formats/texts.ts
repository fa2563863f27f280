import { RowProblem } from '../../promptFile/rowProblem';
import { hasChatMlMarks, writeChatMl } from '../chatMl';
import { recordOf, writeColumns } from '../columns';
import { everyFile, openColumns, type ConversionFormat, type Fields } from '../conversionFormat';
import type { ConversionRecord } from '../conversionRecord';
import { turnsOfPrompt } from '../dialogue';
import { readText } from '../readParts';

/** `text` that nothing divides; formats with turns look into it for ChatML and transcripts. @throws RowProblem */
export function readTextRow(fields: Fields): ConversionRecord {
  const text = readText(fields['text'], '`text`');
  if (text === '') throw new RowProblem('`text` is empty');
  return recordOf({ fields, body: { kind: 'text', text }, used: ['text'] });
}

/** The text of an undivided row. @throws RowProblem */
export function undividedText({ body }: ConversionRecord): string {
  if (body.kind === 'text') return body.text;
  throw new RowProblem('it is no single text');
}

export const textFormats: readonly ConversionFormat[] = [
  {
    name: 'trl-text',
    aliases: ['text', 'trl-language-modeling', 'trl-language-modelling'],
    summary: 'text',
    files: everyFile,
    capacity: { content: 'undivided', replies: 'none', division: 'told', scores: 'none', columns: openColumns },
    read: readTextRow,
    write: (record) => ({ text: undividedText(record), ...writeColumns(record) }),
  },
  {
    name: 'chatml',
    aliases: ['chat-ml'],
    summary: 'text: <|im_start|>role … <|im_end|>',
    files: everyFile,
    capacity: {
      content: 'turns',
      replies: 'optional',
      division: 'last turn',
      scores: 'none',
      columns: new Set(['id', 'subset', 'reference', 'tools', 'fields']),
    },
    read: readTextRow,
    write: (record) => {
      const { body } = record;
      if (body.kind !== 'exchange') throw new RowProblem('its text is not in ChatML');
      const turns = [...turnsOfPrompt(body.prompt), ...body.replies.flatMap((reply) => reply.turns)];
      if (turns.some(({ content }) => hasChatMlMarks(content))) {
        throw new RowProblem('one of its turns has the marks of ChatML itself');
      }
      return { text: writeChatMl(turns), ...writeColumns(record) };
    },
  },
];
