import type { TextDocument } from 'vscode';
import { commands, Disposable, window, workspace } from 'vscode';
import { debounce } from '../debounce';

/** Milliseconds after the last edit. */
const settleDelay = 200;

/** Keeps a context key, on which `when` clauses hang, in step with the active editor: whether it has a recipe of a kind. */
export function registerRecipeContext(key: string, isRecipe: (document: TextDocument) => boolean): Disposable {
  let current: boolean | null = null;
  const update = (): void => {
    const document = window.activeTextEditor?.document;
    const active = document !== undefined && isRecipe(document);
    if (active === current) return;
    current = active;
    void commands.executeCommand('setContext', key, active);
  };
  const settled = debounce(update, settleDelay);
  update();
  return Disposable.from(
    settled,
    window.onDidChangeActiveTextEditor(update),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (document === window.activeTextEditor?.document) settled.call();
    }),
  );
}
