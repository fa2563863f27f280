import type { Message } from '../promptFile/message';
import type { Span } from '../promptFile/locateJson';
import { checkOrder, readMessages } from '../promptFile/readMessages';
import { RowProblem } from '../promptFile/rowProblem';
import { readChatMessages } from './chatMessages';
import { readPromptFileContent } from './promptfooPrompts';
import { readJson } from './readJson';
import { readYaml } from './readYaml';
import { dotpromptHelpers, historyVariable, readWrittenMarks } from './dotpromptHelpers';
import { renderHandlebars } from './handlebarsTemplate';
import { readPartials } from './parseDotprompt';
import { renderPoml } from './renderPoml';
import { placeProblems } from './promptVariables';
import type { Prompt, PromptBody, PromptPart, PromptProblem, RenderedPrompt, RenderPromptOptions } from './promptFile';
import { chooseMark, insertionMark, markRoles, readMarkedLines, readMarkedText } from './roleMarkers';
import { foreignSource, type SourceText } from './sourceText';
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
      return renderRoleMarkers(rendering, body.source);
    case 'dotprompt':
      return renderDotprompt(rendering, body.source);
    case 'poml': {
      const { values, options, problems } = rendering;
      const rendered = renderPoml(body.source.text, values, options.files ?? new Map());
      problems.push(...placeProblems(rendered.problems, body.source));
      return rendered.messages;
    }
    case 'chatText':
      return renderChatText(rendering, body.source);
    case 'reference':
      return renderReference(rendering, body);
    case undefined:
      return renderParts(rendering);
  }
}

function renderParts({ prompt, values, problems }: Rendering): readonly Message[] {
  return joinParts(
    prompt.parts.map((part) => {
      const rendering = renderTemplate(prompt.language, part.text, values);
      const source = part.source ?? { text: part.text, pieces: [{ at: 0, source: part.span.start }] };
      problems.push(...placeProblems(rendering.problems, source));
      return { ...part, text: rendering.text };
    }),
  );
}

function joinParts(parts: readonly PromptPart[]): readonly Message[] {
  const messages: Message[] = [];
  for (const { role, text, isContinuation } of parts) {
    const last = messages.at(-1);
    if (isContinuation === true && last !== undefined) messages.splice(-1, 1, { role, content: last.content + text });
    else messages.push({ role, content: text });
  }
  return messages;
}

function renderRoleMarkers({ prompt, values, problems }: Rendering, source: SourceText): readonly Message[] {
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

function renderDotprompt({ prompt, values, problems, options }: Rendering, source: SourceText): readonly Message[] {
  const files = options.files ?? new Map<string, string>();
  const mark = chooseMark(source.text, JSON.stringify(values), ...files.values());
  const place = prompt.variables.find(({ name }) => name === historyVariable)?.spans[0] ?? prompt.span;
  const history = readInserted(values[historyVariable], { name: historyVariable, span: place, problems });
  const rendering = renderHandlebars(source.text, values, {
    helpers: dotpromptHelpers(mark),
    partials: readPartials(files),
    mapText: (text) => readWrittenMarks(text, mark),
  });
  problems.push(...placeProblems(rendering.problems, source));
  const inserted = new Map([[historyVariable, history]]);
  return readMarkedText({ text: rendering.text, mark, firstRole: 'user', inserted });
}

/** A template that writes a list of messages in JSON or YAML. */
function renderChatText({ prompt, values, problems }: Rendering, source: SourceText): readonly Message[] {
  const rendering = renderTemplate(prompt.language, source.text, values);
  problems.push(...placeProblems(rendering.problems, source));
  if (hasError(problems)) return [];
  const isJson = rendering.text.trimStart().startsWith('[');
  const { root, problems: faults } = isJson ? readJson(rendering.text) : readYaml(rendering.text);
  const [fault] = faults;
  if (root === null || fault !== undefined) {
    const message = `what the template makes is ${fault?.message ?? 'empty'}`;
    problems.push({ severity: 'error', message, span: prompt.span });
    return [];
  }
  const chat = readChatMessages(root, foreignSource(rendering.text, prompt.span));
  problems.push(...chat.problems);
  return joinParts(chat.parts);
}

/** A prompt in another file. */
function renderReference(
  { prompt, problems, options }: Rendering,
  { path, span }: Extract<PromptBody, { readonly kind: 'reference' }>,
): readonly Message[] {
  const content = options.files?.get(path);
  if (content === undefined) {
    problems.push({ severity: 'error', message: `${path} is not there`, span });
    return [];
  }
  const [found] = readPromptFileContent({ label: prompt.label, path, content, span });
  if (found === undefined) return [];
  const rendered = renderPrompt(found.prompt, options);
  problems.push(...rendered.problems);
  return rendered.messages;
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
