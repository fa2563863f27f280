import type { CodeActionProvider, Disposable } from 'vscode';
import { CodeActionKind, languages } from 'vscode';
import { suggestionFixes } from '../merging/recipeFixes';
import type { RecipeReadings } from './recipeReadings';
import { headRecipeSelector } from './recipeSelector';

/** What was probably meant, as a quick fix: keys, names, fields and what they say. */
export function registerRecipeFixes(readings: RecipeReadings): Disposable {
  const provider: CodeActionProvider = {
    provideCodeActions: (document, range, { diagnostics }) => {
      const checked = readings.ofDocument(document);
      const problems = checked?.version === document.version ? checked.problems : readings.parse(document)?.problems;
      return suggestionFixes({ document, range, diagnostics, problems: problems ?? [] });
    },
  };
  return languages.registerCodeActionsProvider(headRecipeSelector, provider, {
    providedCodeActionKinds: [CodeActionKind.QuickFix],
  });
}
