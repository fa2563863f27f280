import type { TextDocument } from 'vscode';
import { Disposable, l10n, languages } from 'vscode';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { diagnosticOf } from '../merging/recipeDiagnostics';
import type { RecipeReadings } from './recipeReadings';

/** Shows every problem of the head recipes that are open: of their text at once, of their data when these are read. */
export function registerRecipeDiagnostics(readings: RecipeReadings): Disposable {
  const collection = languages.createDiagnosticCollection('alidade.headRecipes');
  const show = (document: TextDocument): void => {
    const checked = readings.ofDocument(document);
    if (checked === null) {
      collection.delete(document.uri);
      return;
    }
    // Of another version: what it says would stand in wrong places.
    if (checked.version !== document.version) return;
    const { problems, failure } = checked;
    const all = failure === null ? problems : [...problems, unread(failure.message)];
    collection.set(
      document.uri,
      all.map((problem) => diagnosticOf(document, problem)),
    );
  };
  return Disposable.from(collection, readings.onDidChange(show));
}

function unread(message: string): RecipeProblem {
  const text = l10n.t('the data were not looked at: {0}', message);
  return { code: 'data', severity: 'information', message: text, span: { start: 0, end: 1 } };
}
