import { parse, tokenize } from '@huggingface/jinja';
import { AlidadeError } from '../alidadeError';
import type { TokenizerSource } from '../checkpoint/checkpoint';
import type { Message } from '../promptFile/message';
import { formatTemplateDate, type TemplateDate } from './formatTemplateDate';
import { locateParseError, templateOptions } from './locateParseError';
import { locateStatements } from './locateStatements';
import { readSpecialTokens } from './specialTokens';
import { createTemplateEnvironment } from './templateEnvironment';
import { TemplateInterpreter, TemplateRefusal } from './templateInterpreter';

export interface RenderOptions {
  /** Whether the text ends with the opening of an assistant's turn. */
  readonly addGenerationPrompt: boolean;
  /** Further variables of the template, such as `enable_thinking` or `date_string`. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The date and time that `strftime_now` writes; default: 26 July 2024, so that ids do not depend on the day. */
  readonly now?: TemplateDate;
}

/** A model's own way of writing a conversation as one text. */
export interface ChatTemplate {
  readonly source: string;
  /** @throws AlidadeError `template` when the template refuses the conversation, fails, or does not end. */
  render(messages: readonly Message[], options: RenderOptions): string;
}

/** The date that Llama 3.1 and 3.2 templates write when they are given none. */
const fixedDate: TemplateDate = { year: 2024, month: 7, day: 26 };

/**
 * The chat template of a checkpoint, run as transformers runs it (Jinja2's ImmutableSandboxedEnvironment with
 * trim_blocks and lstrip_blocks; `tools` and `documents` are None); null where the model has none.
 * Known differences to Jinja2: None and 2.0 print as "" and "2".
 * @throws AlidadeError `template` when the template cannot be parsed.
 */
export function createChatTemplate(source: TokenizerSource): ChatTemplate | null {
  const text = source.chatTemplate ?? findTemplate(source.tokenizerConfig['chat_template']);
  if (text === null) return null;
  const program = parseTemplate(text);
  const positions = locateStatements(text, program);
  const specialTokens = readSpecialTokens(source.tokenizerConfig);

  return {
    source: text,
    render: (messages, options) => {
      checkMessages(messages);
      const environment = createTemplateEnvironment({
        ...specialTokens,
        messages: messages.map((message) => ({ ...message })),
        tools: null,
        documents: null,
        add_generation_prompt: options.addGenerationPrompt,
        strftime_now: (format: unknown) => formatTemplateDate(options.now ?? fixedDate, String(format)),
        ...options.variables,
      });
      const interpreter = new TemplateInterpreter({ environment, program, positions });
      try {
        return interpreter.renderProgram();
      } catch (error) {
        throw describeFailure(error, lineOf(text, interpreter.offset));
      }
    },
  };
}

/** transformers takes the template named `default` where tokenizer_config.json lists several. */
function findTemplate(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return null;
  for (const entry of value as unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('template' in entry)) continue;
    if (entry.name === 'default' && typeof entry.template === 'string') return entry.template;
  }
  return null;
}

function parseTemplate(text: string): ReturnType<typeof parse> {
  try {
    return parse(tokenize(text, templateOptions));
  } catch (error) {
    const { offset, problem } = locateParseError(text, error);
    const place =
      offset === null ? '' : ` (line ${lineOf(text, offset)}, column ${columnOf(text, offset)} of the template)`;
    throw new AlidadeError({
      code: 'template',
      message: `the chat template cannot be read${place}: ${problem}`,
      hint: 'the template is in chat_template.jinja or tokenizer_config.json of the model',
      cause: error,
    });
  }
}

function checkMessages(messages: readonly Message[]): void {
  if (messages.length === 0) {
    throw new AlidadeError({ code: 'template', message: 'the conversation has no messages' });
  }
  // The npm package prints lists and null where Jinja2 raises, so the text would be silently wrong.
  for (const [index, message] of messages.entries()) {
    for (const field of ['role', 'content'] as const) {
      if (typeof message[field] === 'string') continue;
      throw new AlidadeError({ code: 'template', message: `\`${field}\` of message ${index + 1} is not a string` });
    }
  }
}

function describeFailure(error: unknown, line: number | null): AlidadeError {
  if (error instanceof AlidadeError) return error;
  const place = line === null ? '' : ` (line ${line} of the template)`;
  const refused = error instanceof TemplateRefusal;
  return new AlidadeError({
    code: 'template',
    message: `${refused ? 'the chat template refuses this conversation' : 'the chat template fails'}${place}: ${wordingOf(error)}`,
    hint: refused ? 'change the conversation to what the model was made for' : undefined,
    cause: error,
  });
}

function wordingOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** 1-based line of an offset. */
function lineOf(text: string, offset: number | null): number | null {
  return offset === null ? null : text.slice(0, offset).split('\n').length;
}

/** 1-based column of an offset, in UTF-16 units. */
function columnOf(text: string, offset: number): number {
  return offset - text.lastIndexOf('\n', offset - 1);
}
