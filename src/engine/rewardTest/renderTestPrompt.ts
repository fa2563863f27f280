import { dirname, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import { nearestName } from '../../core/nearestName';
import { parsePromptFile } from '../../core/prompt/parsePromptFile';
import type { Prompt, PromptFile, PromptProblem } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import type { Message } from '../../core/promptFile/message';
import { lineOf } from '../../core/rewardTest/lineOf';
import type { Conversation } from '../../core/rewardTest/rewardTest';
import { readTestText } from './readTestText';

type PromptConversation = Extract<Conversation, { kind: 'promptFile' }>;

/**
 * The conversation of a prompt file, with the values that a test gives to its variables.
 * @param folder of the test file.
 * @throws AlidadeError `not_found`, `permission`, `format` (the file), `template` (its rendering), `usage` (label, inputs).
 */
export async function renderTestPrompt(conversation: PromptConversation, folder: string): Promise<readonly Message[]> {
  const path = resolve(folder, conversation.file.value);
  const text = await readTestText(path);
  const { references } = parsePromptFile({ text, path });
  const files = new Map<string, string>();
  for (const reference of references) {
    files.set(reference.path, await readTestText(resolve(dirname(path), reference.path)));
  }
  const file = parsePromptFile({ text, path, files });
  refuse(file.problems, { path, text, code: 'format' });
  const prompt = choosePrompt(file, conversation, path);
  const rendered = renderPrompt(prompt, { values: chooseValues(file, conversation, path), files });
  refuse(rendered.problems, { path, text, code: 'template' });
  return rendered.messages;
}

/** @throws AlidadeError for the first error, if there is one. */
function refuse(
  problems: readonly PromptProblem[],
  { path, text, code }: { readonly path: string; readonly text: string; readonly code: 'format' | 'template' },
): void {
  const error = problems.find(({ severity }) => severity === 'error');
  if (error === undefined) return;
  throw new AlidadeError({ code, message: `${path}:${lineOf(text, error.span.start)}: ${error.message}` });
}

function choosePrompt({ prompts }: PromptFile, { label }: PromptConversation, path: string): Prompt {
  const labels = prompts.map((prompt) => prompt.label);
  const [first] = prompts as readonly (Prompt | undefined)[];
  if (first === undefined) throw new AlidadeError({ code: 'format', message: `${path} holds no prompt` });
  if (label === null) {
    if (prompts.length === 1) return first;
    throw new AlidadeError({
      code: 'usage',
      message: `${path} holds ${countOf(prompts.length, 'prompt')}`,
      hint: `say which as \`promptLabel\`: ${labels.join(', ')}`,
    });
  }
  const found = prompts.find((prompt) => prompt.label === label.value);
  if (found !== undefined) return found;
  throw unknownName({ path, what: 'prompt', name: label.value, known: labels });
}

function chooseValues(
  { inputs: own }: PromptFile,
  { inputs }: PromptConversation,
  path: string,
): Readonly<Record<string, unknown>> {
  if (inputs.kind === 'first') return own[0]?.values ?? {};
  if (inputs.kind === 'values') return inputs.values;
  const found = own.find(({ name }) => name === inputs.name);
  if (found !== undefined) return found.values;
  throw unknownName({ path, what: 'inputs', name: inputs.name, known: own.map(({ name }) => name) });
}

interface UnknownName {
  readonly path: string;
  readonly what: string;
  readonly name: string;
  readonly known: readonly string[];
}

function unknownName({ path, what, name, known }: UnknownName): AlidadeError {
  const near = nearestName(name, known);
  const hint = near === null ? `there are: ${known.join(', ')}` : `did you mean ${near}?`;
  return new AlidadeError({
    code: 'usage',
    message: `${path} has no ${what} called ${JSON.stringify(name)}`,
    hint: known.length === 0 ? 'it has none' : hint,
  });
}
