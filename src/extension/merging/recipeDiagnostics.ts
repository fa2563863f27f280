import { Diagnostic, DiagnosticSeverity, Disposable, l10n, languages, Range } from 'vscode';
import type { TextDocument } from 'vscode';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { rangeOf } from '../rangeOf';
import type { RecipePlans } from './recipePlans';

export const recipeDiagnosticSource = 'Alidade';

const severities: Readonly<Record<RecipeProblem['severity'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** Shows every problem of the recipes that are open: of their text at once, of their models when these are read. */
export function registerRecipeDiagnostics(plans: RecipePlans): Disposable {
  const collection = languages.createDiagnosticCollection('alidade.recipes');
  const show = (document: TextDocument): void => {
    const plan = plans.ofDocument(document);
    if (plan === null) {
      collection.delete(document.uri);
      return;
    }
    // Of another version: what it says would stand in wrong places.
    if (plan.version !== document.version) return;
    const diagnostics = plan.problems.map((problem) => diagnosticOf(document, problem));
    if (plan.failure !== null) {
      const { message } = plan.failure;
      const text = plan.failure.code === 'permission' ? message : l10n.t('the models were not looked at: {0}', message);
      diagnostics.push(diagnosticAt(new Range(0, 0, 0, 1), text, DiagnosticSeverity.Information));
    }
    collection.set(document.uri, diagnostics);
  };
  return Disposable.from(collection, plans.onDidChange(show));
}

/** A problem of a recipe, of whatever kind, as editors show it. */
export function diagnosticOf(document: TextDocument, { code, severity, message, span }: RecipeProblem): Diagnostic {
  const diagnostic = diagnosticAt(rangeOf(document, span), message, severities[severity]);
  diagnostic.code = code;
  return diagnostic;
}

function diagnosticAt(range: Range, message: string, severity: DiagnosticSeverity): Diagnostic {
  const diagnostic = new Diagnostic(range, message, severity);
  diagnostic.source = recipeDiagnosticSource;
  return diagnostic;
}
