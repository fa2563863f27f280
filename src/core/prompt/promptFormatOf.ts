import type { PromptFormat } from './promptFile';

/**
 * The format of a prompt file by its name, and by its text where names clash; null: its name does not make it one (a
 * Markdown file is a prompt where a setting says so).
 */
export function promptFormatOf(path: string, text: string): PromptFormat | null {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
  if (name.endsWith('.prompt.md')) return 'copilot';
  if (name.endsWith('.prompty')) return 'prompty';
  if (name.endsWith('.poml')) return 'poml';
  if (name.endsWith('.prompt')) return isContinuePrompt(text) ? 'continue' : 'dotprompt';
  if (/^promptfooconfig([.-].+)?\.(ya?ml|json)$/.test(name)) return 'promptfoo';
  if (/\.ya?ml$/.test(name) && /^#.*promptfoo\.dev\/config-schema\.json/m.test(text.slice(0, 2000))) return 'promptfoo';
  if (name.endsWith('.chatml')) return 'chatml';
  if (name.endsWith('.json') && (name === 'chat.json' || name.endsWith('.chat.json') || isMessageList(text))) {
    return 'chatJson';
  }
  return null;
}

/** The beginning of a list of messages. */
export function isMessageList(text: string): boolean {
  return /^\uFEFF?\s*\[\s*\{\s*"(role|content)"\s*:/.test(text.slice(0, 2000));
}

export function isChatml(text: string): boolean {
  return /^\uFEFF?\s*<\|im_start\|>/.test(text.slice(0, 2000));
}

/** Continue and Dotprompt both have `.prompt`: Continue's header and blocks are telling, then Dotprompt's. */
function isContinuePrompt(text: string): boolean {
  const header = headerOf(text);
  if (/^(invokable|slashCommand)[ \t]*:/m.test(header) || /^<(system|user)>/m.test(text)) return true;
  if (/\{\{[#/>^]|\{\{[~ ]*(role|history|media|section|json)\b|<<<dotprompt:/.test(text)) return false;
  if (/^(model|input|output|config|variant|tools|ext|metadata|[\w-]+\.[\w.-]+)[ \t]*:/m.test(header)) return false;
  // Continue's input box, and what it puts in by itself.
  return /\{\{\{[ \t]*input[ \t]*\}\}\}|^temperature[ \t]*:/m.test(text);
}

/** What stands before the body, with or without a first `---`. */
function headerOf(text: string): string {
  const start = /^\uFEFF?---[ \t]*\r?\n/.exec(text)?.[0].length ?? 0;
  const end = text.slice(start, start + 20_000).search(/^---[ \t]*\r?$/m);
  return end < 0 ? '' : text.slice(start, start + end);
}
