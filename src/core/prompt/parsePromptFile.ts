import type { Span } from '../promptFile/locateJson';
import { parseChatJson } from './parseChatJson';
import { parseChatml } from './parseChatml';
import { parseContinuePrompt } from './parseContinuePrompt';
import { parseCopilotPrompt } from './parseCopilotPrompt';
import { parseDotprompt } from './parseDotprompt';
import { parseMarkdownPrompt } from './parseMarkdownPrompt';
import { parsePoml } from './parsePoml';
import { parsePromptfoo } from './parsePromptfoo';
import { parsePrompty } from './parsePrompty';
import type { PromptFile, PromptFormat } from './promptFile';
import { isChatml, isMessageList, promptFormatOf } from './promptFormatOf';

export interface PromptFileText {
  readonly text: string;
  /** Tells the format; nothing is read from it. */
  readonly path: string;
  /** Texts of other files, by their path as `references` gives it; with them, what they declare is known too. */
  readonly files?: ReadonlyMap<string, string>;
}

/** Longer files are no prompts. */
const maxLength = 16_777_216;

/**
 * A prompt file of any format with its places; what has no format of its own is read as a prompt in Markdown. Never
 * throws: what is wrong is among the problems, and the rest is there nevertheless.
 */
export function parsePromptFile(file: PromptFileText): PromptFile {
  const format = formatOf(file);
  const span = { start: 0, end: file.text.length };
  if (maxLength < file.text.length) return emptyFile(format, `longer than ${maxLength} characters: not a prompt`, span);
  try {
    const parsed = parseAs(format, file);
    return {
      ...parsed,
      problems: parsed.problems.map((problem) => ({ ...problem, span: within(problem.span, span) })),
    };
  } catch (error) {
    // Parsers of nested text go as deep as the text does.
    if (!(error instanceof RangeError)) throw error;
    return emptyFile(format, 'nested too deeply to be read', span);
  }
}

/** What is missing at the end of a text is told at its end. */
function within({ start, end }: Span, { end: limit }: Span): Span {
  return { start: Math.min(start, limit), end: Math.min(end, limit) };
}

function formatOf({ path, text }: PromptFileText): PromptFormat {
  const format = promptFormatOf(path, text);
  if (format !== null) return format;
  if (isChatml(text)) return 'chatml';
  return isMessageList(text) ? 'chatJson' : 'markdown';
}

function emptyFile(format: PromptFormat, message: string, span: Span): PromptFile {
  const problems = [{ severity: 'error' as const, message, span }];
  return { format, name: null, description: null, prompts: [], inputs: [], references: [], problems };
}

function parseAs(format: PromptFormat, file: PromptFileText): PromptFile {
  switch (format) {
    case 'prompty':
      return parsePrompty(file);
    case 'copilot':
      return parseCopilotPrompt(file);
    case 'dotprompt':
      return parseDotprompt(file);
    case 'continue':
      return parseContinuePrompt(file);
    case 'chatJson':
      return parseChatJson(file);
    case 'chatml':
      return parseChatml(file);
    case 'promptfoo':
      return parsePromptfoo(file);
    case 'poml':
      return parsePoml(file);
    case 'markdown':
      return parseMarkdownPrompt(file);
  }
}
