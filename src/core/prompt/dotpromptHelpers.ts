import type { HandlebarsHelper } from './handlebarsTemplate';
import { insertionMark, turnMark } from './roleMarkers';
import { printValue } from './templateValue';

/** The functions that Dotprompt adds to Handlebars. @param mark a character that stands around what begins a turn. */
export function dotpromptHelpers(mark: string): ReadonlyMap<string, HandlebarsHelper> {
  return new Map<string, HandlebarsHelper>([
    ['role', ({ args: [role] }) => turnMark(mark, roleOf(printValue(role)))],
    ['history', () => insertionMark(mark, historyVariable)],
    // Parts of a message that are no text, and places for what a model's library puts in.
    ['media', () => ''],
    ['section', () => ''],
    ['json', ({ args: [value], options }) => writeJson(value, options.get('indent'))],
    ['ifEquals', ({ args: [a, b], section }) => (a === b ? section?.body() : section?.inverse()) ?? ''],
    ['unlessEquals', ({ args: [a, b], section }) => (a === b ? section?.inverse() : section?.body()) ?? ''],
  ]);
}

/** What the earlier turns for `{{history}}` are given as. */
export const historyVariable = 'history';

/** Dotprompt calls the assistant `model`. */
function roleOf(role: string): string {
  return role === 'model' ? 'assistant' : role;
}

function writeJson(value: unknown, indent: unknown): string {
  if (value === undefined) return '';
  return JSON.stringify(value, null, typeof indent === 'number' ? Math.min(10, indent) : 0);
}

/** Reads the marks that the helpers stand for where they are written out. */
export function readWrittenMarks(text: string, mark: string): string {
  return text.replace(/<<<dotprompt:(\w+)(?::([^>]*))?>>>/g, (_, kind: string, rest: string | undefined) => {
    if (kind === 'role') return turnMark(mark, roleOf((rest ?? '').trim()));
    return kind === 'history' ? insertionMark(mark, historyVariable) : '';
  });
}
