import { isRecord, RowProblem } from '../../promptFile/rowProblem';
import { gatherMetadata, numberOf, recordOf, spreadMetadata, writeColumns } from '../columns';
import { everyFile, openColumns, type ConversionFormat, type Fields } from '../conversionFormat';
import { textReply, textTurn, type ConversionRecord, type Exchange, type Prompt } from '../conversionRecord';
import { textOfPrompt, textOfReply } from '../dialogue';
import { memberOf, readPrompt, readText } from '../readParts';
import { readTurns } from '../turns';
import { readSingleReply, repliesOf, writtenTexts, writtenTurns } from './singleReplies';

/** What Inspect has beside `input`, `target` and `id`. */
const inspectMembers = ['choices', 'sandbox', 'files', 'setup'];

/** Inspect's samples; what it does not know lies in `metadata`. @throws RowProblem */
export function readInspect(row: Fields): ConversionRecord {
  const fields = spreadMetadata(row);
  const prompt = readPrompt(fields['input'], '`input`');
  // Inspect's own default is an empty target.
  const reference = fields['target'] === '' ? null : (fields['target'] ?? null);
  return recordOf({
    fields,
    body: { kind: 'exchange', prompt, replies: [] },
    used: ['input', 'target'],
    ...(reference === null ? {} : { reference }),
  });
}

/** OpenRLHF's prompts: `input` and `label`. @throws RowProblem */
export function readInputLabel(fields: Fields): ConversionRecord {
  const prompt = readPrompt(fields['input'], '`input`');
  const reference = fields['label'] ?? null;
  return recordOf({
    fields,
    body: { kind: 'exchange', prompt, replies: [] },
    used: ['input', 'label'],
    ...(reference === null ? {} : { reference }),
  });
}

/** The members of a promptfoo test beside `vars`, `metadata` and what it was given to say. */
const testMembers = ['description', 'assert', 'options', 'threshold', 'provider', 'providers'];

/** A test of promptfoo: the prompt is a variable. @throws RowProblem */
export function readPromptfooTest(row: Fields): ConversionRecord {
  const { vars, providerOutput, ...rest } = row;
  if (!isRecord(vars)) throw new RowProblem('`vars` is no object');
  const name = memberOf(vars, ['prompt', 'question', 'query', 'input', 'message']) ?? onlyText(vars);
  if (name === null) throw new RowProblem('`vars` has none of `prompt`, `question`, `query`, `input`');
  const prompt = readMessagesOrText(readText(vars[name], `\`vars.${name}\``));
  const { [name]: _, ground_truth: reference, ...others } = vars;
  const fields = spreadMetadata(Object.keys(others).length === 0 ? rest : { ...rest, vars: others });
  const replies = (providerOutput ?? null) === null ? [] : [textReply(readText(providerOutput, '`providerOutput`'))];
  const body: Exchange = { kind: 'exchange', prompt, replies };
  return recordOf({ fields, body, used: [], ...((reference ?? null) === null ? {} : { reference }) });
}

function onlyText(vars: Fields): string | null {
  const names = Object.keys(vars).filter((name) => typeof vars[name] === 'string');
  return names.length === 1 ? (names[0] ?? null) : null;
}

/** promptfoo's prompts are texts; a conversation is JSON in one. */
function readMessagesOrText(text: string): Prompt {
  if (!/^\s*\[\s*\{/.test(text)) return readPrompt(text, 'the prompt');
  try {
    const value: unknown = JSON.parse(text);
    const isMessages =
      Array.isArray(value) && value.every((entry) => isRecord(entry) && typeof entry['role'] === 'string');
    if (isMessages) return { kind: 'turns', turns: readTurns(value, 'the prompt') };
  } catch (error) {
    if (error instanceof RowProblem) throw error;
  }
  return readPrompt(text, 'the prompt');
}

/** A result of promptfoo: what was asked, what came back, and its scores. @throws RowProblem */
export function readPromptfooResult(fields: Fields): ConversionRecord {
  const { prompt, response, score, vars, gradingResult, provider } = fields;
  if (!isRecord(prompt)) throw new RowProblem('`prompt` is no object with `raw`');
  if (!isRecord(response)) throw new RowProblem('`response` is no object with `output`');
  const { output } = response;
  if (output === undefined || output === null) throw new RowProblem('`response.output` is missing');
  const reply = { turns: [textTurn('assistant', typeof output === 'string' ? output : JSON.stringify(output))] };
  const reference = isRecord(vars) ? (vars['ground_truth'] ?? null) : null;
  const kept = {
    provider: isRecord(provider) ? provider['id'] : provider,
    success: fields['success'],
    namedScores: fields['namedScores'],
    reason: isRecord(gradingResult) ? gradingResult['reason'] : undefined,
    id: fields['id'],
  };
  return recordOf({
    fields: Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
    body: {
      kind: 'exchange',
      prompt: readMessagesOrText(readText(prompt['raw'], '`prompt.raw`')),
      replies: [{ ...reply, label: null, score: numberOf(score) }],
    },
    used: [],
    ...(reference === null ? {} : { reference }),
  });
}

function withoutTemplates(text: string): string {
  if (!/\{\{|\{%|\{#/.test(text)) return text;
  throw new RowProblem('promptfoo would fill in the template marks ({{, {%) that its prompt has');
}

/** Formats of programs that evaluate models. */
export const evaluationFormats: readonly ConversionFormat[] = [
  {
    name: 'foundry',
    aliases: ['foundry-evaluation', 'azure-evaluation', 'ai-toolkit'],
    summary: 'query, response, ground_truth?',
    files: everyFile,
    capacity: { content: 'text', replies: 'optional', division: 'told', scores: 'kept', columns: openColumns },
    read: readSingleReply,
    write: (record) => {
      const { prompt, replies } = writtenTexts(record);
      const [reply] = repliesOf(record);
      const verdict = { label: reply?.label ?? null, score: reply?.score ?? null };
      const kept = Object.fromEntries(Object.entries(verdict).filter(([, value]) => value !== null));
      return {
        query: prompt,
        ...(replies.length === 0 ? {} : { response: replies[0] }),
        ...kept,
        ...writeColumns(record),
      };
    },
  },
  {
    name: 'inspect',
    aliases: ['inspect-ai', 'inspect-dataset'],
    summary: 'input, target?, id?, metadata?',
    files: everyFile.filter((kind) => kind !== 'parquet'),
    capacity: {
      content: 'turns',
      replies: 'none',
      division: 'told',
      scores: 'none',
      columns: new Set(['id', 'subset', 'reference', 'tools', 'fields', 'messageFields']),
    },
    read: readInspect,
    placesFields: true,
    write: (record) => {
      const { id, reference, subset, tools, body, fields } = record;
      const input = (body.kind === 'exchange' ? textOfPrompt(body.prompt) : null) ?? writtenTurns(record).prompt;
      const metadata = {
        ...fields,
        ...(subset === null ? {} : { subset }),
        ...(tools === null ? {} : { tools }),
      };
      return {
        ...(id === null ? {} : { id }),
        input,
        ...(reference === null ? {} : { target: reference }),
        ...gatherMetadata(metadata, inspectMembers),
      };
    },
  },
  {
    name: 'openrlhf-prompts',
    aliases: ['openrlhf-prompt'],
    summary: 'input, label?',
    files: everyFile,
    capacity: {
      content: 'turns',
      replies: 'none',
      division: 'told',
      scores: 'none',
      columns: new Set([...openColumns].filter((column) => column !== 'label' && column !== 'margin')),
    },
    read: readInputLabel,
    write: (record) => {
      const { body, reference } = record;
      const input = (body.kind === 'exchange' ? textOfPrompt(body.prompt) : null) ?? writtenTurns(record).prompt;
      const columns = writeColumns({ ...record, reference: null });
      return { input, ...(reference === null ? {} : { label: reference }), ...columns };
    },
  },
  {
    name: 'promptfoo-tests',
    aliases: ['promptfoo', 'promptfoo-test'],
    summary: 'vars {prompt, ground_truth?}, providerOutput?, metadata?',
    files: ['jsonl', 'json'],
    capacity: {
      content: 'turns',
      replies: 'optional',
      division: 'told',
      scores: 'none',
      columns: new Set(['id', 'subset', 'reference', 'tools', 'fields']),
    },
    read: readPromptfooTest,
    placesFields: true,
    write: (record) => {
      const { body, id, subset, tools, reference, fields } = record;
      const text = body.kind === 'exchange' ? textOfPrompt(body.prompt) : null;
      const prompt = withoutTemplates(text ?? JSON.stringify(writtenTurns(record).prompt));
      const { vars, ...rest } = fields;
      const [reply] = repliesOf(record);
      const output = reply === undefined ? null : textOfReply(reply);
      if (reply !== undefined && output === null) throw new RowProblem('a reply of several turns does not fit');
      const kept = { ...rest, ...(id === null ? {} : { id }), ...(subset === null ? {} : { subset }) };
      return {
        vars: {
          ...(isRecord(vars) ? vars : {}),
          prompt,
          ...(reference === null ? {} : { ground_truth: reference }),
        },
        ...(output === null ? {} : { providerOutput: output }),
        ...gatherMetadata({ ...kept, ...(tools === null ? {} : { tools }) }, testMembers),
      };
    },
  },
  {
    name: 'promptfoo-results',
    aliases: ['promptfoo-result', 'promptfoo-output'],
    summary: 'results of promptfoo eval --output FILE.json or .jsonl',
    files: [],
    capacity: { content: 'turns', replies: 'one', division: 'told', scores: 'kept', columns: openColumns },
    read: readPromptfooResult,
    write: null,
  },
];
