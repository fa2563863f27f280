import type { DocumentFilter, TextDocument } from 'vscode';
import { languages, RelativePattern, workspace } from 'vscode';
import { promptFormatOf } from '../../core/prompt/promptFormatOf';
import { readSetting } from '../readSetting';

/** Files that may be prompts by their names alone; their texts decide where the name is a common one. */
const knownFiles: DocumentFilter = { pattern: '**/*.{prompt.md,prompty,prompt,poml,chatml,yaml,yml,json}' };

/** What of a file is looked at to tell its format: so many lines, and so much of each. */
const headLines = 60;
const headColumns = 2000;

/** Documents that may hold prompts, for providers: the known files and those of `alidade.promptFiles`. */
export function promptSelector(): readonly DocumentFilter[] {
  return [knownFiles, ...chosenFiles()];
}

/** Whether a document is a prompt file: by its name, by its first lines where names clash, or because a setting says so. */
export function isPromptDocument(document: TextDocument): boolean {
  const { uri } = document;
  // Other schemes show earlier versions, rendered prompts, output: texts that nobody edits.
  const isFile = uri.scheme === 'file' || uri.scheme === 'untitled' || workspace.getWorkspaceFolder(uri) !== undefined;
  if (!isFile) return false;
  if (languages.match(knownFiles, document) !== 0 && promptFormatOf(uri.path, headOf(document)) !== null) return true;
  return chosenFiles().some((filter) => languages.match(filter, document) !== 0);
}

/** A glob that does not say where it starts is one within each folder of the workspace. */
function chosenFiles(): DocumentFilter[] {
  return readSetting('promptFiles').flatMap((glob): DocumentFilter[] => {
    if (glob.trim() === '') return [];
    if (/^(\*\*\/|\/|[A-Za-z]:)/.test(glob)) return [{ pattern: glob }];
    return (workspace.workspaceFolders ?? []).map((folder) => ({ pattern: new RelativePattern(folder, glob) }));
  });
}

function headOf(document: TextDocument): string {
  const lines: string[] = [];
  for (let line = 0; line < Math.min(headLines, document.lineCount); line += 1) {
    lines.push(document.lineAt(line).text.slice(0, headColumns));
  }
  return lines.join('\n');
}
