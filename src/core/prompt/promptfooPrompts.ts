import type { Span } from '../promptFile/locateJson';
import { isChat, readChatMessages } from './chatMessages';
import type { DeclaredVariable } from './promptVariables';
import { collectVariables, placeReading } from './promptVariables';
import type { Prompt, PromptProblem } from './promptFile';
import { readJson } from './readJson';
import { readYaml } from './readYaml';
import { trimLines } from './roleMarkers';
import { foreignSource, sliceSource, spanInFile, type SourceText } from './sourceText';
import { readTemplate } from './templateLanguages';

export interface TextPrompt {
  readonly prompt: Prompt;
  readonly problems: readonly PromptProblem[];
}

/** A prompt's text: a conversation in JSON or YAML, else one user's turn. */
export function readTextPrompt(label: string, source: SourceText): TextPrompt {
  const span = spanInFile(source, { start: 0, end: source.text.length });
  const chat = readChat(source);
  if (chat !== null) {
    const places = chat.parts.map((part) => placeReading(readTemplate('jinja', part.text), part.source ?? source));
    const variables = collectVariables({ declared: ownVariables(span), uses: places.flatMap(({ uses }) => uses) });
    const prompt: Prompt = { label, span, language: 'jinja', parts: chat.parts, variables: visible(variables) };
    return { prompt, problems: [...chat.problems, ...places.flatMap(({ problems }) => problems)] };
  }
  const reading = placeReading(readTemplate('jinja', source.text), source);
  const variables = visible(collectVariables({ declared: ownVariables(span), uses: reading.uses }));
  const part = { role: 'user', text: source.text, span, source };
  const prompt: Prompt = { label, span, language: 'jinja', parts: [part], variables };
  return {
    prompt: isChatText(source.text) ? { ...prompt, body: { kind: 'chatText', source } } : prompt,
    problems: reading.problems,
  };
}

/** Variables that promptfoo fills by itself. */
function ownVariables(span: Span): readonly DeclaredVariable[] {
  const none = { start: span.start, end: span.start };
  return [
    { name: '_conversation', span: none, required: false, defaultValue: [], description: 'the turns of earlier tests' },
    { name: 'env', span: none, required: false, defaultValue: {}, description: 'the environment, which is not read' },
  ];
}

/** Without those that are not used, and without a place for where the others are declared. */
function visible(variables: Prompt['variables']): Prompt['variables'] {
  return variables.flatMap((variable) => {
    if (variable.name !== '_conversation' && variable.name !== 'env') return [variable];
    return variable.spans.length === 1 ? [] : [{ ...variable, spans: variable.spans.slice(1) }];
  });
}

/** A template that makes JSON or YAML of messages only when it has been run. */
function isChatText(text: string): boolean {
  const start = text.trimStart().slice(0, 500);
  return (start.startsWith('[') && /"role"/.test(text)) || /^-\s+role:/.test(start);
}

function readChat(source: SourceText): ReturnType<typeof readChatMessages> | null {
  const { text } = source;
  if (!isChatText(text) && !/^\s*\{\s*"messages"/.test(text)) return null;
  const isJson = /^\s*[[{]/.test(text);
  const { root, problems } = isJson ? readJson(text) : readYaml(text);
  return root !== null && problems.length === 0 && isChat(root) ? readChatMessages(root, source) : null;
}

export interface PromptFileContent {
  readonly label: string;
  readonly path: string;
  readonly content: string;
  /** Where the file is named. */
  readonly span: Span;
}

/** The prompts of another file: a text file may hold several, between lines of `---`. */
export function readPromptFileContent({ label, path, content, span }: PromptFileContent): readonly TextPrompt[] {
  const source = foreignSource(content, span);
  const texts = /\.(txt|md)$/i.test(path)
    ? content.split(/^---[ \t]*\r?$/m).filter((text) => text.trim() !== '')
    : [content];
  if (texts.length <= 1)
    return [readTextPrompt(label, sliceSource(source, trimLines(content, { start: 0, end: content.length })))];
  return texts.map((text, index) => readTextPrompt(`${label} (${index + 1})`, foreignSource(text.trim(), span)));
}
