import type { QuickInput, QuickInputButton, QuickPickItem } from 'vscode';
import { Disposable, l10n, QuickInputButtons, window } from 'vscode';

/** One question of a form. */
export type InputStep =
  | {
      readonly kind: 'text';
      readonly name: string;
      readonly prompt: string;
      /** What stands there at first. */
      readonly value: string;
      /** Why the text cannot be taken; null: it can. */
      readonly validate: (text: string) => string | null;
      readonly read: (text: string) => unknown;
    }
  | {
      readonly kind: 'choice';
      readonly name: string;
      readonly prompt: string;
      readonly choices: readonly { readonly label: string; readonly value: unknown }[];
      /** Place of the one that is offered first; −1: none. */
      readonly active: number;
    };

type StepResult =
  { readonly kind: 'answer'; readonly value: unknown } | { readonly kind: 'back' } | { readonly kind: 'stop' };

/** Asks one question after the other, with a way back; the answers in their order, undefined when the user gives up. */
export async function askInSteps(steps: readonly InputStep[], title: string): Promise<readonly unknown[] | undefined> {
  const answers: unknown[] = [];
  const answered: boolean[] = [];
  let at = 0;
  while (at < steps.length) {
    const step = steps[at];
    if (step === undefined) break;
    const place = { title, step: at + 1, totalSteps: steps.length };
    const result = await ask(step, place, answered[at] === true ? answers[at] : undefined);
    if (result.kind === 'stop') return undefined;
    if (result.kind === 'back') {
      at -= 1;
      continue;
    }
    answers[at] = result.value;
    answered[at] = true;
    at += 1;
  }
  return answers;
}

type Place = Pick<QuickInput, 'title' | 'step' | 'totalSteps'>;

function ask(step: InputStep, place: Place, before: unknown): Promise<StepResult> {
  return step.kind === 'text' ? askText(step, place, before) : askChoice(step, place, before);
}

function askText(step: Extract<InputStep, { kind: 'text' }>, place: Place, before: unknown): Promise<StepResult> {
  const box = window.createInputBox();
  Object.assign(box, place);
  box.prompt = step.prompt;
  box.placeholder = step.name;
  box.value = before === undefined ? step.value : typeof before === 'string' ? before : JSON.stringify(before);
  box.valueSelection = [0, box.value.length];
  return shown(box, place, (settle) => [
    box.onDidChangeValue(() => (box.validationMessage = undefined)),
    box.onDidTriggerButton((button) => settle(resultOf(button))),
    box.onDidAccept(() => {
      const problem = step.validate(box.value);
      if (problem === null) settle({ kind: 'answer', value: step.read(box.value) });
      else box.validationMessage = problem;
    }),
    box.onDidHide(() => settle({ kind: 'stop' })),
  ]);
}

interface ChoiceItem extends QuickPickItem {
  readonly value: unknown;
}

function askChoice(step: Extract<InputStep, { kind: 'choice' }>, place: Place, before: unknown): Promise<StepResult> {
  const pick = window.createQuickPick<ChoiceItem>();
  Object.assign(pick, place);
  pick.placeholder = l10n.t('{0}: {1}', step.name, step.prompt);
  pick.items = step.choices.map(({ label, value }) => ({ label, value }));
  const active = pick.items.find(({ value }) => value === before) ?? pick.items[step.active];
  if (active !== undefined) pick.activeItems = [active];
  return shown(pick, place, (settle) => [
    pick.onDidTriggerButton((button) => settle(resultOf(button))),
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen !== undefined) settle({ kind: 'answer', value: chosen.value });
    }),
    pick.onDidHide(() => settle({ kind: 'stop' })),
  ]);
}

/** Shows an input until it settles. */
async function shown(
  input: QuickInput & { buttons: readonly QuickInputButton[] },
  { step }: Place,
  listen: (settle: (result: StepResult) => void) => Disposable[],
): Promise<StepResult> {
  input.ignoreFocusOut = true;
  input.buttons = step !== undefined && 1 < step ? [QuickInputButtons.Back] : [];
  let listeners: Disposable[] = [];
  try {
    return await new Promise<StepResult>((resolve) => {
      listeners = listen(resolve);
      input.show();
    });
  } finally {
    Disposable.from(...listeners).dispose();
    input.dispose();
  }
}

function resultOf(button: QuickInputButton): StepResult {
  return button === QuickInputButtons.Back ? { kind: 'back' } : { kind: 'stop' };
}
