import type { Message } from '../promptFile/message';
import type { Span } from '../promptFile/locateJson';
import { checkOrder, readMessages } from '../promptFile/readMessages';
import { RowProblem } from '../promptFile/rowProblem';
import { placeProblems } from './promptVariables';
import type { Prompt, PromptBody, PromptProblem, RenderedPrompt, RenderPromptOptions } from './promptFile';
import { chooseMark, insertionMark, markRoles, readMarkedLines, readMarkedText } from './roleMarkers';
import type { SourceText } from './sourceText';
import { renderTemplate } from './templateLanguages';
import { plainValue } from './templateValue';

/**
 * The conversation of a prompt with its variables filled. Never throws and always ends: what is wrong is among the
 * problems, and with an error among them there are no messages.
 */
export function renderPrompt(prompt: Prompt, options: RenderPromptOptions): RenderedPrompt {
  const problems: PromptProblem[] = [];
  try {
    const values = fillValues(prompt, options.values, problems);
    const messages = hasError(problems) ? [] : renderBody({ prompt, values, problems, options });
    if (!hasError(problems)) checkMessages(messages, prompt.span, problems);
    return { messages: hasError(problems) ? [] : messages, problems };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem: PromptProblem = { severity: 'error', message: 'nested too deeply', span: prompt.span };
    return { messages: [], problems: [...problems, problem] };
  }
}

function hasError(problems: readonly PromptProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** What is given, else what the file gives; an error for what nothing gives. */
function fillValues(
  { variables, span }: Prompt,
  given: Readonly<Record<string, unknown>>,
  problems: PromptProblem[],
): Record<string, unknown> {
  const values = plainValue(given) as Record<string, unknown>;
  for (const { name, required, defaultValue, spans, choices } of variables) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const place = spans.at(-1) ?? span;
    if (value !== undefined && value !== null) {
      if (choices === undefined || choices.length === 0 || choices.includes(value)) continue;
      const message = `\`${name}\` is ${JSON.stringify(value)}; the file allows ${choices.map((each) => JSON.stringify(each)).join(', ')}`;
      problems.push({ severity: 'warning', message, span: place });
    } else if (defaultValue !== undefined) {
      Object.defineProperty(values, name, { value: plainValue(defaultValue), enumerable: true, configurable: true });
    } else if (required) {
      problems.push({ severity: 'error', message: `the variable \`${name}\` has no value`, span: place });
    }
  }
  return values;
}

interface Rendering {
  readonly prompt: Prompt;
  readonly values: Record<string, unknown>;
  readonly problems: PromptProblem[];
  readonly options: RenderPromptOptions;
}

function renderBody(rendering: Rendering): readonly Message[] {
  const { body } = rendering.prompt;
  switch (body?.kind) {
    case 'roleMarkers':
      return renderRoleMarkers(rendering, body);
    default:
      return renderParts(rendering);
  }
}

function renderParts({ prompt, values, problems }: Rendering): readonly Message[] {
  const messages: Message[] = [];
  for (const { role, text, span, source } of prompt.parts) {
    const rendering = renderTemplate(prompt.language, text, values);
    problems.push(...placeProblems(rendering.problems, source ?? { text, pieces: [{ at: 0, source: span.start }] }));
    messages.push({ role, content: rendering.text });
  }
  return messages;
}

function renderRoleMarkers(
  { prompt, values, problems }: Rendering,
  { source }: Extract<PromptBody, { readonly source: SourceText }>,
): readonly Message[] {
  const mark = chooseMark(source.text, JSON.stringify(values));
  const inserted = new Map<string, readonly Message[]>();
  const filled = { ...values };
  for (const { name, kind, spans } of prompt.variables) {
    if (kind === 'media') filled[name] = '';
    if (kind !== 'messages') continue;
    inserted.set(name, readInserted(values[name], { name, span: spans.at(-1) ?? prompt.span, problems }));
    filled[name] = insertionMark(mark, name);
  }
  const rendering = renderTemplate(prompt.language, markRoles(source.text, mark), filled);
  problems.push(...placeProblems(rendering.problems, source));
  return readMarkedText({ text: readMarkedLines(rendering.text, mark), mark, firstRole: 'system', inserted });
}

interface InsertedValue {
  readonly name: string;
  readonly span: Span;
  readonly problems: PromptProblem[];
}

/** Earlier turns that are given as a variable's value. */
function readInserted(value: unknown, { name, span, problems }: InsertedValue): readonly Message[] {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
  try {
    return readMessages(value, `\`${name}\``);
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    problems.push({ severity: 'error', message: error.message, span });
    return [];
  }
}

/** An order that chat templates refuse is told; whether a model takes it, its template says. */
function checkMessages(messages: readonly Message[], span: Span, problems: PromptProblem[]): void {
  if (messages.every(({ content }) => content.trim() === '')) {
    problems.push({ severity: 'error', message: 'the prompt is empty', span });
    return;
  }
  try {
    checkOrder(messages, 'the prompt');
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error;
    problems.push({ severity: 'warning', message: error.message, span });
  }
}
