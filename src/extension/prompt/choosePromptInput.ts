import type { Disposable, QuickInputButton, QuickPickItem } from 'vscode';
import { l10n, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import type { TestInput } from '../../core/prompt/promptFile';
import { registerCommand } from '../registerCommand';
import type { PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import type { FoundPrompt } from './promptTarget';
import { findPrompt, isPromptTarget } from './promptTarget';

interface InputItem extends QuickPickItem {
  /** undefined: new values. */
  readonly input?: TestInput;
}

/** The command that chooses, enters, edits and removes the values of a prompt's variables. */
export function registerChoosePromptInput(prompts: PromptDocuments, inputs: PromptInputs): Disposable {
  return registerCommand('alidade.choosePromptInput', async (target) => {
    const found = await findPrompt(prompts, isPromptTarget(target) ? target : undefined);
    if (found.prompt.variables.length === 0) {
      void window.showInformationMessage(l10n.t('This prompt has no variables.'));
      return;
    }
    await chooseInput(found, inputs);
  });
}

async function chooseInput(found: FoundPrompt, inputs: PromptInputs): Promise<void> {
  const { document, prompt } = found;
  const edit: QuickInputButton = { iconPath: new ThemeIcon('edit'), tooltip: l10n.t('Change these values') };
  const remove: QuickInputButton = { iconPath: new ThemeIcon('trash'), tooltip: l10n.t('Forget these values') };
  const pick = window.createQuickPick<InputItem>();
  pick.title = l10n.t('Inputs of {0}', prompt.label);
  pick.placeholder = l10n.t('Values for the variables');
  pick.matchOnDescription = true;
  const show = (): void => {
    const all = inputs.inputsOf(document, found.file);
    const chosen = inputs.chosenInput(document, found.file);
    const itemOf = (input: TestInput): InputItem => ({
      label: `$(${input.name === chosen?.name ? 'check' : 'symbol-parameter'}) ${input.name}`,
      description: describeValues(input.values),
      buttons: input.span === null ? [edit, remove] : [edit],
      input,
    });
    const [own, entered] = [all.filter(({ span }) => span !== null), all.filter(({ span }) => span === null)];
    pick.items = [
      ...separated(l10n.t('In the file'), own.map(itemOf)),
      ...separated(l10n.t('Entered here'), entered.map(itemOf)),
      { label: '', kind: QuickPickItemKind.Separator },
      { label: `$(add) ${l10n.t('Enter new values…')}` },
    ];
  };
  const enter = (given: TestInput['values']): Promise<unknown> => {
    pick.hide();
    return inputs.enterInput(document, prompt, { variables: askable(found), given });
  };
  show();
  await new Promise<void>((resolve, reject) => {
    pick.onDidHide(resolve);
    pick.onDidTriggerItemButton(({ item, button }) => {
      const { input } = item;
      if (input === undefined) return;
      if (button === edit) enter(input.values).then(() => resolve(), reject);
      else inputs.remove(document, input.name).then(show, reject);
    });
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item === undefined) return;
      const done = item.input === undefined ? enter({}) : inputs.choose(document, item.input.name);
      pick.hide();
      done.then(() => resolve(), reject);
    });
    pick.show();
  }).finally(() => pick.dispose());
}

function separated(label: string, items: readonly InputItem[]): InputItem[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }, ...items];
}

/** Media are left out of what is scored. */
function askable({ prompt }: FoundPrompt): FoundPrompt['prompt']['variables'] {
  return prompt.variables.filter(({ kind }) => kind !== 'media');
}

function describeValues(values: TestInput['values']): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .replace(/\s+/g, ' ')
    .slice(0, 120);
}
