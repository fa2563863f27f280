import { isRecord, RowProblem } from '../../promptFile/rowProblem';
import { numberOf, recordOf, truthOf, writeColumns } from '../columns';
import { everyFile, openColumns, type ConversionFormat, type Fields } from '../conversionFormat';
import { textReply, type ConversionRecord, type Reply } from '../conversionRecord';
import { textOfPrompt, textOfReply } from '../dialogue';
import { memberOf, readList, readPrompt, readReply, readText } from '../readParts';
import { writeTurn } from '../turns';
import { repliesOf, writtenTurns } from './singleReplies';

/** `responses` to a prompt, and their `scores` where they have any. @throws RowProblem */
export function readResponses(fields: Fields): ConversionRecord {
  const name = memberOf(fields, ['prompt', 'messages', 'query']);
  if (name === null) throw new RowProblem('`prompt` is missing');
  const prompt = readPrompt(fields[name], `\`${name}\``);
  const list = readList(fields['responses'], '`responses`');
  const { scores } = fields;
  const areScores = Array.isArray(scores) && scores.length === list.length && scores.every(isScore);
  const replies = list.map((value, index) => ({
    ...readReply(value, prompt, `response ${index + 1}`),
    score: areScores ? numberOf(scores[index]) : null,
  }));
  const used = [name, 'responses', ...(areScores ? ['scores'] : [])];
  return recordOf({ fields, body: { kind: 'exchange', prompt, replies }, used });
}

function isScore(value: unknown): boolean {
  return value === null || numberOf(value) !== null;
}

/** LMFlow's `input` with a list of `output`: texts, or texts with scores. @throws RowProblem */
export function readTextList(fields: Fields): ConversionRecord {
  const prompt = readPrompt(fields['input'], '`input`');
  const replies = readList(fields['output'], '`output`').map((entry, index): Reply => {
    const name = `\`output\` ${index + 1}`;
    if (!isRecord(entry)) return textReply(readText(entry, name));
    return textReply(readText(entry['text'], `${name}.text`), { score: numberOf(entry['score']) });
  });
  return recordOf({ fields, body: { kind: 'exchange', prompt, replies }, used: ['input', 'output'] });
}

/** A solution in steps, with a label for each. @throws RowProblem */
export function readSteps(fields: Fields): ConversionRecord {
  const prompt = readPrompt(fields['prompt'], '`prompt`');
  const texts = readList(fields['completions'], '`completions`');
  const labels = readList(fields['labels'], '`labels`');
  if (texts.length !== labels.length) {
    throw new RowProblem(`\`completions\` has ${texts.length} elements, and \`labels\` has ${labels.length}`);
  }
  const steps = texts.map((text, index) => {
    const label = truthOf(labels[index]);
    if (label === null) throw new RowProblem(`element ${index + 1} of \`labels\` is neither true nor false`);
    return { text: readText(text, `element ${index + 1} of \`completions\``), label };
  });
  return recordOf({ fields, body: { kind: 'steps', prompt, steps }, used: ['prompt', 'completions', 'labels'] });
}

/** Formats with several replies, or a reply in several steps. */
export const listFormats: readonly ConversionFormat[] = [
  {
    name: 'responses',
    aliases: ['alidade', 'prompt-responses'],
    summary: 'prompt, responses (list), scores?: as alidade score reads them',
    files: everyFile,
    capacity: { content: 'turns', replies: 'many', division: 'told', scores: 'kept', columns: openColumns },
    read: readResponses,
    write: (record) => {
      const { body } = record;
      const texts = repliesOf(record).map(textOfReply);
      const text = body.kind === 'exchange' ? textOfPrompt(body.prompt) : null;
      const prompt = text ?? writtenTurns(record).prompt;
      const responses = repliesOf(record).map(({ turns }, index) => texts[index] ?? turns.map(writeTurn));
      const scores = repliesOf(record).map(({ score }) => score);
      return {
        prompt,
        responses,
        ...(scores.every((score) => score === null) ? {} : { scores }),
        ...writeColumns(record),
      };
    },
  },
  {
    name: 'trl-stepwise',
    aliases: ['stepwise', 'trl-stepwise-supervision', 'prm'],
    summary: 'prompt, completions (list), labels (list)',
    files: everyFile,
    capacity: { content: 'steps', replies: 'one', division: 'told', scores: 'none', columns: openColumns },
    read: readSteps,
    write: (record) => {
      const { body } = record;
      if (body.kind !== 'steps') throw new RowProblem('its replies are not divided into labelled steps');
      return {
        prompt: textOfPrompt(body.prompt),
        completions: body.steps.map(({ text }) => text),
        labels: body.steps.map(({ label }) => label),
        ...writeColumns(record),
      };
    },
  },
];
