import { parsePromptFile, type PromptFileText } from '../../../src/core/prompt/parsePromptFile';
import type { Prompt, PromptFile, PromptProblem, RenderedPrompt } from '../../../src/core/prompt/promptFile';
import { renderPrompt } from '../../../src/core/prompt/renderPrompt';

/** A parsed file with its only prompt. */
export function parseOne(
  path: string,
  text: string,
  files?: PromptFileText['files'],
): { file: PromptFile; prompt: Prompt } {
  const file = parsePromptFile(files === undefined ? { path, text } : { path, text, files });
  const [prompt] = file.prompts;
  if (prompt === undefined || file.prompts.length !== 1) throw new Error(`${file.prompts.length} prompts`);
  return { file, prompt };
}

export function render(
  path: string,
  text: string,
  values: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
): RenderedPrompt {
  const read = new Map(Object.entries(files));
  return renderPrompt(parseOne(path, text, read).prompt, { values, files: read });
}

/** "severity: message @ what the span has", as short as a test can say it. */
export function describeProblems(text: string, problems: readonly PromptProblem[]): readonly string[] {
  return problems.map(({ severity, message, span }) => `${severity}: ${message} @ ${text.slice(span.start, span.end)}`);
}

/** What stands at each of a variable's places, "name!" for one that must have a value. */
export function describeVariables(text: string, { variables }: Prompt): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    variables.map(({ name, required, spans }) => [
      required ? `${name}!` : name,
      spans.map(({ start, end }) => text.slice(start, end)),
    ]),
  );
}
