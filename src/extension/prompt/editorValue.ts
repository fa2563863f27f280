import { basename, dirname, extname } from 'node:path';
import type { TextDocument } from 'vscode';
import { window, workspace } from 'vscode';

/**
 * What the editor knows for a variable of VS Code's prompt files: of the file beside the prompt, since the prompt itself
 * is what is edited. undefined: nothing.
 */
export function editorValue(name: string, prompt: TextDocument): string | undefined {
  const beside = window.visibleTextEditors.find(
    ({ document }) => document !== prompt && (document.uri.scheme === 'file' || document.uri.scheme === 'untitled'),
  );
  const path = beside?.document.uri.fsPath;
  const folder = workspace.getWorkspaceFolder(prompt.uri) ?? workspace.workspaceFolders?.[0];
  switch (name) {
    case 'selection':
    case 'selectedText':
      return beside?.document.getText(beside.selection) || undefined;
    case 'file':
      return path;
    case 'fileBasename':
      return path && basename(path);
    case 'fileBasenameNoExtension':
      return path && basename(path, extname(path));
    case 'fileDirname':
      return path && dirname(path);
    case 'workspaceFolder':
      return folder?.uri.fsPath;
    case 'workspaceFolderBasename':
      return folder?.name;
    default:
      return undefined;
  }
}
