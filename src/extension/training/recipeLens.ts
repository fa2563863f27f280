import type { CodeLensProvider, Command, TextDocument } from 'vscode';
import { CodeLens, Disposable, EventEmitter, l10n, languages, Range, workspace } from 'vscode';
import { affectsSetting, readSetting } from '../readSetting';
import type { RecipeReadings } from './recipeReadings';
import { headRecipeSelector } from './recipeSelector';

/** Above a head recipe: Train and Evaluate, or how much is wrong with it. */
export function registerRecipeLens(readings: RecipeReadings): Disposable {
  const changed = new EventEmitter<void>();
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => {
      if (!readSetting('lens.enabled') || !readings.isRecipe(document)) return [];
      return lensesOf(document, readings).map((command) => new CodeLens(new Range(0, 0, 0, 0), command));
    },
  };
  return Disposable.from(
    changed,
    readings.onDidChange(() => changed.fire()),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.enabled')) changed.fire();
    }),
    languages.registerCodeLensProvider(headRecipeSelector, provider),
  );
}

function lensesOf(document: TextDocument, readings: RecipeReadings): readonly Command[] {
  const evaluate: Command = {
    title: l10n.t('Evaluate…'),
    tooltip: l10n.t('Measures a trained head on labelled rows'),
    command: 'alidade.evaluateHead',
  };
  const checked = readings.ofDocument(document);
  const problems = checked?.problems ?? readings.parse(document)?.problems ?? [];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (0 < errors) {
    const title = errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', errors);
    return [{ title, command: 'workbench.actions.view.problems' }, evaluate];
  }
  const train: Command = {
    title: l10n.t('Train…'),
    tooltip: l10n.t('Makes features of the data once, then the head from them'),
    command: 'alidade.trainHead',
    arguments: [document.uri],
  };
  return [train, evaluate];
}
