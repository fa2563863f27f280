import type { Span } from '../promptFile/locateJson';
import type { Message } from '../promptFile/message';
import type { SourceText } from './sourceText';

/** Whose conventions a prompt file follows. */
export type PromptFormat =
  | 'copilot' // VS Code's .prompt.md
  | 'prompty' // v1 and v2
  | 'dotprompt' // Genkit's .prompt
  | 'continue' // Continue's .prompt
  | 'poml'
  | 'promptfoo' // promptfooconfig.yaml
  | 'chatJson' // a JSON list of messages
  | 'chatml'
  | 'markdown';

/** How variables are written in a prompt. */
export type TemplateLanguage =
  | 'none'
  | 'jinja' // Nunjucks too
  | 'mustache'
  | 'handlebars'
  | 'poml'
  | 'placeholders' // VS Code's `${input:name}` and `${selection}`
  | 'names'; // `{{name}}` alone; whatever else is between braces is text

/** What a prompt file holds, with its places: all that editor and command line need of it. Spans are UTF-16 offsets. */
export interface PromptFile {
  readonly format: PromptFormat;
  readonly name: string | null;
  readonly description: string | null;
  /** One; a promptfoo configuration may hold several, or none. */
  readonly prompts: readonly Prompt[];
  /** Values that the file itself gives to its variables: samples, examples, tests. */
  readonly inputs: readonly TestInput[];
  /** Other files that a rendering needs. */
  readonly references: readonly FileReference[];
  readonly problems: readonly PromptProblem[];
}

export interface Prompt {
  /** How it is told from others of the file; unique among them. */
  readonly label: string;
  readonly span: Span;
  readonly language: TemplateLanguage;
  /** In their order. Where roles are made by the template itself (Handlebars, POML), one part holds the whole body. */
  readonly parts: readonly PromptPart[];
  readonly variables: readonly PromptVariable[];
  /** What is rendered, where that is more than the parts one by one. */
  readonly body?: PromptBody;
}

/**
 * How messages come out of a rendered text: at lines with a role's name (Prompty), at the tags and helpers of Dotprompt
 * and POML, by reading it as a list of messages (promptfoo), or out of another file.
 */
export type PromptBody =
  | { readonly kind: 'roleMarkers' | 'dotprompt' | 'poml' | 'chatText'; readonly source: SourceText }
  | { readonly kind: 'reference'; readonly path: string; readonly span: Span };

export interface PromptPart {
  readonly role: string;
  /** The template's text as it stands in the file; without its quoting and indentation where it is within YAML or JSON. */
  readonly text: string;
  readonly span: Span;
  /** It goes on with the turn of the part before. */
  readonly isContinuation?: boolean;
  /** Where the text's units stand, unless it is the span's text itself. */
  readonly source?: SourceText;
}

export interface PromptVariable {
  readonly name: string;
  readonly description: string | null;
  /**
   * What it takes: `text` (the default), `messages` (earlier turns of the conversation), `editor` (what the editor knows:
   * selection, file), `media` (left out of what is scored).
   */
  readonly kind?: 'text' | 'messages' | 'editor' | 'media';
  /** The only values that it may have, where the file lists them. */
  readonly choices?: readonly unknown[];
  /** Without a value the prompt cannot be rendered. */
  readonly required: boolean;
  /** What it has where nothing else is given; undefined: nothing. */
  readonly defaultValue?: unknown;
  /** Where it is declared, then every use. */
  readonly spans: readonly Span[];
}

/** One set of values for a prompt's variables. */
export interface TestInput {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly span: Span | null;
}

export interface FileReference {
  /** As written, relative to the prompt file's folder unless absolute. */
  readonly path: string;
  readonly span: Span;
}

export interface PromptProblem {
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  readonly span: Span;
}

export interface RenderPromptOptions {
  readonly values: Readonly<Record<string, unknown>>;
  /** Texts of the file's references that could be read, by their path as written. */
  readonly files?: ReadonlyMap<string, string>;
}

/** A prompt with its variables filled; with an error among the problems there are no messages. */
export interface RenderedPrompt {
  readonly messages: readonly Message[];
  readonly problems: readonly PromptProblem[];
}
