import { commands, Disposable, window, workspace } from 'vscode';
import { debounce } from '../debounce';
import { isRecipe } from './recipeSelector';

/** Milliseconds after the last edit. */
const settleDelay = 200;

/** Keeps the context key `alidade.mergeRecipeActive`, on which `when` clauses hang, in step with the active editor. */
export function registerRecipeContext(): Disposable {
  let current: boolean | null = null;
  const update = (): void => {
    const document = window.activeTextEditor?.document;
    const active = document !== undefined && isRecipe(document);
    if (active === current) return;
    current = active;
    void commands.executeCommand('setContext', 'alidade.mergeRecipeActive', active);
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
