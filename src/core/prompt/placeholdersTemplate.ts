import type { TemplateReading, TemplateRendering, TemplateUse, TemplateValues } from './template';
import { printValue } from './templateValue';

/** What VS Code puts into a prompt file by itself, with what it is. */
export const editorVariables: ReadonlyMap<string, string> = new Map([
  ['selection', 'the selected text of the active editor'],
  ['selectedText', 'the selected text of the active editor'],
  ['file', 'the path of the active file'],
  ['fileBasename', 'the name of the active file'],
  ['fileBasenameNoExtension', 'the name of the active file without its extension'],
  ['fileDirname', 'the folder of the active file'],
  ['workspaceFolder', 'the path of the workspace folder'],
  ['workspaceFolderBasename', 'the name of the workspace folder'],
]);

/** Other `${…}` are text: prompts have shell scripts and template strings in them. */
const pattern = /\$\{(?:input:([^{}:\s]+)(?::([^{}]*))?|([A-Za-z]+))\}/g;

export interface PlaceholderUse extends TemplateUse {
  /** Asked for from the user, not known to the editor. */
  readonly isInput: boolean;
  /** What VS Code shows in the empty input box. */
  readonly hint: string | null;
}

export interface PlaceholderReading extends TemplateReading {
  readonly uses: readonly PlaceholderUse[];
}

/** The variables of a VS Code prompt file. */
export function readPlaceholders(text: string): PlaceholderReading {
  const uses: PlaceholderUse[] = [];
  for (const match of text.matchAll(pattern)) {
    const name = match[1] ?? match[3] ?? '';
    if (match[1] === undefined && !editorVariables.has(name)) continue;
    const start = match.index + (match[1] === undefined ? '${'.length : '${input:'.length);
    const span = { start, end: start + name.length };
    uses.push({ name, span, isOptional: false, isInput: match[1] !== undefined, hint: match[2] ?? null });
  }
  return { uses, problems: [] };
}

/** What has no value stays as it is written. */
export function renderPlaceholders(text: string, values: TemplateValues): TemplateRendering {
  const rendered = text.replace(pattern, (written, input: string | undefined, _, builtIn: string | undefined) => {
    const name = input ?? builtIn ?? '';
    if (input === undefined && !editorVariables.has(name)) return written;
    return Object.hasOwn(values, name) ? printValue(values[name]) : written;
  });
  return { text: rendered, problems: [] };
}
