import type { DocumentSelector } from 'vscode';
import { CodeLens, Disposable, EventEmitter, l10n, languages, Range, workspace } from 'vscode';
import { debounce } from '../debounce';
import { affectsSetting, readSetting } from '../readSetting';
import type { PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import { promptTargetOf } from './promptTarget';

/** Milliseconds after the last edit. */
const settleDelay = 200;
/** Prompts of a file that get lenses. */
const mostPrompts = 500;

/** Above each prompt: generate and score, the input in use, compare versions. */
export function registerPromptLens(
  selector: DocumentSelector,
  prompts: PromptDocuments,
  inputs: PromptInputs,
): Disposable {
  const changed = new EventEmitter<void>();
  const refresh = debounce(() => changed.fire(), settleDelay);
  return Disposable.from(
    changed,
    refresh,
    prompts.onDidChange(refresh.call),
    inputs.onDidChange(() => changed.fire()),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.enabled')) changed.fire();
    }),
    languages.registerCodeLensProvider(selector, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => {
        const file = readSetting('lens.enabled') ? prompts.parse(document) : null;
        if (file === null) return [];
        const input = inputs.chosenInput(document, file);
        return file.prompts.slice(0, mostPrompts).flatMap((prompt) => {
          const start = document.positionAt(prompt.span.start);
          const range = new Range(start, start);
          const target = promptTargetOf(document, prompt);
          const hasVariables = 0 < prompt.variables.length;
          return [
            new CodeLens(range, {
              title: l10n.t('Generate and Score'),
              tooltip: l10n.t('Make answers to this prompt and rank them with the reward model'),
              command: 'alidade.generateAndScore',
              arguments: [target],
            }),
            ...(hasVariables
              ? [
                  new CodeLens(range, {
                    title: input === null ? l10n.t('Inputs…') : l10n.t('Inputs: {0}', input.name),
                    tooltip: l10n.t('Choose or enter the values of the variables'),
                    command: 'alidade.choosePromptInput',
                    arguments: [target],
                  }),
                ]
              : []),
            new CodeLens(range, {
              title: l10n.t('Compare Versions…'),
              tooltip: l10n.t('Score this prompt and another version of it on the same inputs'),
              command: 'alidade.compareVersions',
              arguments: [document.uri],
            }),
          ];
        });
      },
    }),
  );
}
