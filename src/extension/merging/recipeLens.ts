import type { CodeLensProvider, Command, Disposable, TextDocument } from 'vscode';
import { CodeLens, Disposable as Disposables, EventEmitter, l10n, languages, Range, workspace } from 'vscode';
import { describeBytes } from '../../core/describeQuantity';
import { affectsSetting, readSetting } from '../readSetting';
import { rangeOf } from '../rangeOf';
import type { RecipePlan, RecipePlans } from './recipePlans';
import { recipeSelector } from './recipeSelector';

/** Above a recipe: Preview and Merge, or how much is wrong with it. */
export function registerRecipeLens(plans: RecipePlans): Disposable {
  const changed = new EventEmitter<void>();
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => {
      if (!readSetting('lens.enabled') || !plans.isRecipe(document)) return [];
      const first = plans.parse(document)?.recipes[0];
      const range = first === undefined ? new Range(0, 0, 0, 0) : rangeOf(document, first.span);
      return lensesOf(document, plans.ofDocument(document)).map((command) => new CodeLens(range, command));
    },
  };
  return Disposables.from(
    changed,
    plans.onDidChange(() => changed.fire()),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.enabled')) changed.fire();
    }),
    languages.registerCodeLensProvider(recipeSelector, provider),
  );
}

function lensesOf({ uri }: TextDocument, plan: RecipePlan | null): readonly Command[] {
  const preview: Command = {
    title: l10n.t('Preview'),
    tooltip: l10n.t('Shows what comes from which model, before anything is written'),
    command: 'alidade.openMergePreview',
    arguments: [uri],
  };
  if (plan === null || (plan.sources === null && plan.failure === null))
    return [preview, { title: l10n.t('Reading the models…'), command: '' }];
  const errors = plan.problems.filter(({ severity }) => severity === 'error').length;
  if (0 < errors) {
    const title = errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', errors);
    return [preview, { title, command: 'workbench.actions.view.problems' }];
  }
  const last = plan.stages.at(-1);
  if (last === undefined) return [preview];
  const merge: Command = {
    title: l10n.t('Merge ({0})', describeBytes(last.bytes)),
    tooltip: l10n.t('Writes the merged model into a new folder'),
    command: 'alidade.runMerge',
    arguments: [uri],
  };
  return [preview, merge];
}
