import type { CodeActionProvider, Diagnostic, Disposable, Range, TextDocument } from 'vscode';
import { CodeAction, CodeActionKind, l10n, languages, WorkspaceEdit } from 'vscode';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { rangeOf } from '../rangeOf';
import { recipeDiagnosticSource } from './recipeDiagnostics';
import type { RecipePlans } from './recipePlans';
import { recipeSelector } from './recipeSelector';

/** What was probably meant, as a quick fix. */
export function registerRecipeFixes(plans: RecipePlans): Disposable {
  const provider: CodeActionProvider = {
    provideCodeActions: (document, range, { diagnostics }) =>
      suggestionFixes({ document, range, diagnostics, problems: plans.parse(document)?.problems ?? [] }),
  };
  return languages.registerCodeActionsProvider(recipeSelector, provider, {
    providedCodeActionKinds: [CodeActionKind.QuickFix],
  });
}

export interface SuggestionParams {
  readonly document: TextDocument;
  readonly range: Range;
  /** Those at the range, of all sources. */
  readonly diagnostics: readonly Diagnostic[];
  readonly problems: readonly RecipeProblem[];
}

/** The suggestions of a recipe's problems at a range. */
export function suggestionFixes({ document, range, diagnostics, problems }: SuggestionParams): CodeAction[] {
  return problems.flatMap(({ code, span, suggestion }) => {
    const place = rangeOf(document, span);
    if (suggestion === undefined || place.intersection(range) === undefined) return [];
    const action = new CodeAction(l10n.t('Change to {0}', suggestion), CodeActionKind.QuickFix);
    action.edit = new WorkspaceEdit();
    action.edit.replace(document.uri, place, suggestion);
    action.isPreferred = true;
    action.diagnostics = diagnostics.filter(
      (each) => each.source === recipeDiagnosticSource && each.code === code && each.range.isEqual(place),
    );
    return [action];
  });
}
