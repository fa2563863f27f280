import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import { nearestName } from '../../core/nearestName';
import { parsePromptFile } from '../../core/prompt/parsePromptFile';
import type { Prompt, PromptFile, PromptProblem } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import type { Message } from '../../core/promptFile/message';
import { lineOf } from '../../core/rewardTest/lineOf';
import { describeFileError } from '../checkpoint/describeFileError';
import { readTestText } from '../rewardTest/readTestText';

export interface PromptFileChoice {
  readonly path: string;
  /** Which prompt of a file that holds several; null: the only one. */
  readonly label: string | null;
  /** How a prompt is chosen, for the hint where it has to be. */
  readonly labelOption: string;
  readonly inputs:
    /** The first of the file's own inputs. */
    | { readonly kind: 'first' }
    | { readonly kind: 'named'; readonly name: string }
    | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> };
  /** Files that the prompt refers to are read below this folder, or below the prompt's own where that lies elsewhere. */
  readonly root: string;
}

/** What a file refers to may refer further. */
const mostRounds = 4;

/**
 * The conversation of a prompt file of any format, with its variables filled.
 * @throws AlidadeError `not_found`, `permission`, `format` (the file), `template` (its rendering), `usage` (label, inputs).
 */
export async function renderPromptFile(choice: PromptFileChoice): Promise<readonly Message[]> {
  const { path } = choice;
  const text = await readTestText(path);
  const { file, files } = await readWithReferences(text, choice);
  refuse(file.problems, { path, text, code: 'format' });
  const prompt = choosePrompt(file, choice);
  const rendered = renderPrompt(prompt, { values: chooseValues(file, choice), files });
  refuse(rendered.problems, { path, text, code: 'template' });
  return rendered.messages;
}

async function readWithReferences(
  text: string,
  { path, root }: PromptFileChoice,
): Promise<{ readonly file: PromptFile; readonly files: ReadonlyMap<string, string> }> {
  const own = await folderOf(path);
  const base = await realpath(root).catch(() => root);
  const limit = isWithin(base, own) ? base : own;
  const files = new Map<string, string>();
  for (let round = 0; ; round += 1) {
    const file = parsePromptFile({ text, path, files });
    const unread = file.references.filter((reference) => !files.has(reference.path));
    if (unread.length === 0 || round === mostRounds) return { file, files };
    for (const reference of unread) {
      const referred = resolve(own, reference.path.replace(/^file:\/\//, ''));
      if (!isWithin(limit, await realpath(referred).catch(() => referred))) {
        throw new AlidadeError({
          code: 'permission',
          message: `${path}:${lineOf(text, reference.span.start)}: ${reference.path} lies outside ${limit} and is not read`,
          hint: 'move it there, or run the command from a folder that holds both',
        });
      }
      files.set(reference.path, await readTestText(referred));
    }
  }
}

async function folderOf(path: string): Promise<string> {
  try {
    return await realpath(dirname(path));
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function isWithin(folder: string, path: string): boolean {
  const inner = relative(folder, path);
  return inner !== '..' && !/^\.\.[/\\]/.test(inner) && !isAbsolute(inner);
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

function choosePrompt({ prompts }: PromptFile, { path, label, labelOption }: PromptFileChoice): Prompt {
  const labels = prompts.map((prompt) => prompt.label);
  const [first] = prompts as readonly (Prompt | undefined)[];
  if (first === undefined) throw new AlidadeError({ code: 'format', message: `${path} holds no prompt` });
  if (label === null) {
    if (prompts.length === 1) return first;
    throw new AlidadeError({
      code: 'usage',
      message: `${path} holds ${countOf(prompts.length, 'prompt')}`,
      hint: `say which as ${labelOption}: ${labels.join(', ')}`,
    });
  }
  const found = prompts.find((prompt) => prompt.label === label);
  if (found !== undefined) return found;
  throw unknownName({ path, what: 'prompt', name: label, known: labels });
}

function chooseValues(
  { inputs: own }: PromptFile,
  { path, inputs }: PromptFileChoice,
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
