import { commands, Disposable, window, workspace } from 'vscode';
import { affectsSetting } from '../readSetting';
import type { PromptDocuments } from './promptDocuments';

/** Keeps the context key `alidade.promptFileActive`, on which `when` clauses hang, in step with the active editor. */
export function registerPromptFileContext(prompts: PromptDocuments): Disposable {
  let current: boolean | null = null;
  const update = (): void => {
    const document = window.activeTextEditor?.document;
    const active = document !== undefined && prompts.isPrompt(document);
    if (active === current) return;
    current = active;
    void commands.executeCommand('setContext', 'alidade.promptFileActive', active);
  };
  update();
  return Disposable.from(
    window.onDidChangeActiveTextEditor(update),
    prompts.onDidChange(update),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'promptFiles')) update();
    }),
  );
}
