import type { TextDocument } from 'vscode';
import { Disposable, window, workspace } from 'vscode';
import { debounce } from '../debounce';

/** Milliseconds after the last edit. */
const settleDelay = 200;

/**
 * Keeps a context key, on which `when` clauses hang, in step with the active editor: whether it has a recipe of a kind.
 * @param set sets the key.
 */
export function registerRecipeContext(
  isRecipe: (document: TextDocument) => boolean,
  set: (isActive: boolean) => void,
): Disposable {
  let current: boolean | null = null;
  const update = (): void => {
    const document = window.activeTextEditor?.document;
    const active = document !== undefined && isRecipe(document);
    if (active === current) return;
    current = active;
    set(active);
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
