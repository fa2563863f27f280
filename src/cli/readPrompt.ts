import { AlidadeError } from '../core/alidadeError';
import { FormatError } from '../core/formatError';
import { describeJsonError } from '../core/promptFile/describeJsonError';
import type { Message } from '../core/promptFile/message';
import { readMessages } from '../core/promptFile/readMessages';
import { isRecord, RowProblem } from '../core/promptFile/rowProblem';
import { directionSystemText, preferenceDirection } from '../core/steering/preferenceDirection';
import { renderPromptFile } from '../engine/promptFile/renderPromptFile';
import { requireTemplate, type LanguageModel } from '../engine/generation/languageModel';
import type { OptionValues } from './command';
import { openInputs, readText } from './openInput';
import type { generateOptions } from './options';

/** What to continue. */
export type Prompt =
  | { readonly kind: 'ids'; readonly ids: readonly number[] }
  | { readonly kind: 'raw'; readonly text: string }
  | { readonly kind: 'chat'; readonly messages: readonly Message[] };

type GenerateValues = OptionValues<typeof generateOptions>;

/** @throws AlidadeError `usage` for options that exclude one another, and what reading the file throws. */
export async function readPrompt(options: GenerateValues, signal: AbortSignal): Promise<Prompt> {
  checkOptions(options);
  const { ids, prompt, raw, system, direction } = options;
  if (ids !== undefined) return { kind: 'ids', ids };
  if (raw) return { kind: 'raw', text: prompt ?? '' };
  const steering = direction === undefined ? undefined : directionSystemText(preferenceDirection(direction));
  const systemText = system ?? steering;
  const turns = await readTurns(options, signal);
  if (systemText === undefined) return { kind: 'chat', messages: turns };
  if (turns[0]?.role === 'system') {
    throw usage('--direction writes the system text, and the messages have one already', 'leave one of them out');
  }
  return { kind: 'chat', messages: [{ role: 'system', content: systemText }, ...turns] };
}

async function readTurns(options: GenerateValues, signal: AbortSignal): Promise<readonly Message[]> {
  const { messages, prompt = '', input, inputs, 'prompt-file': file, 'prompt-label': label = null } = options;
  if (messages !== undefined) return readFile(messages, signal);
  if (file === undefined) return [{ role: 'user', content: prompt }];
  const given = input === undefined && inputs === undefined ? null : { ...inputs, ...input };
  return renderPromptFile({
    path: file,
    label,
    labelOption: '--prompt-label',
    inputs: given === null ? { kind: 'first' } : { kind: 'values', values: given },
    root: process.cwd(),
  });
}

/** The prompt's token ids, with the beginning of a reply where it is a chat. */
export function encodePrompt(prompt: Prompt, model: LanguageModel): readonly number[] {
  const { tokenizer } = model;
  switch (prompt.kind) {
    case 'ids':
      return prompt.ids;
    case 'raw': {
      // Text that already begins with BOS must not get a second one.
      const hasBos = tokenizer.bosToken !== null && prompt.text.startsWith(tokenizer.bosToken);
      return tokenizer.encode(prompt.text, { addSpecialTokens: !hasBos });
    }
    case 'chat':
      return tokenizer.encodeRendered(requireTemplate(model).render(prompt.messages, { addGenerationPrompt: true }));
  }
}

function checkOptions(options: GenerateValues): void {
  const { ids, prompt, messages, raw, system, direction, logits, json, 'prompt-file': file } = options;
  const given = [ids, prompt, messages, file].filter((value) => value !== undefined).length;
  if (given === 0) throw usage('there is nothing to continue', 'give --prompt, --prompt-file, --messages or --ids');
  if (1 < given) throw usage('--prompt, --prompt-file, --messages and --ids exclude one another', 'give one of them');
  const ofFile = [options.input, options.inputs, options['prompt-label']].some((value) => value !== undefined);
  if (ofFile && file === undefined) {
    throw usage('--input, --inputs and --prompt-label go with --prompt-file', 'give --prompt-file FILE');
  }
  if (raw && prompt === undefined) throw usage('--raw goes with --prompt', 'give --prompt TEXT');
  if (system !== undefined && (prompt === undefined || raw)) {
    throw usage('--system goes with --prompt as a chat', 'put the system text into the messages');
  }
  if (direction !== undefined && (system !== undefined || raw || ids !== undefined)) {
    throw usage('--direction writes the system text of a chat', 'leave --system, --raw and --ids out');
  }
  if (logits && (options['max-new-tokens'] !== 0 || !json)) {
    throw usage('--logits goes with --max-new-tokens 0 and --json', 'give both');
  }
}

/** Messages as a JSON list, an object with `messages`, or the first row of JSONL. */
async function readFile(name: string, signal: AbortSignal): Promise<readonly Message[]> {
  const [input] = await openInputs([name]);
  if (input === undefined) throw new AlidadeError({ code: 'internal', message: `${name} was not opened` });
  const text = await readText(input, signal);
  const value = parseFirst(text, input.name);
  const list = isRecord(value) ? value['messages'] : value;
  try {
    return readMessages(list, isRecord(value) ? '`messages`' : 'the list');
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    throw new AlidadeError({ code: 'row', message: `${input.name}: ${error.message}`, cause: error });
  }
}

function parseFirst(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const firstLine = text.split('\n').find((line) => line.trim() !== '') ?? '';
    try {
      return JSON.parse(firstLine);
    } catch (cause) {
      throw new FormatError({ problem: describeJsonError(text).message, file: name, hint: 'mend the file', cause });
    }
  }
}

function usage(message: string, hint: string): AlidadeError {
  return new AlidadeError({ code: 'usage', message, hint });
}
