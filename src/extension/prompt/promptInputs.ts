import type { Memento, TextDocument } from 'vscode';
import { EventEmitter, workspace } from 'vscode';
import type { Prompt, PromptFile, PromptVariable, TestInput } from '../../core/prompt/promptFile';
import { editorValue } from './editorValue';
import type { InputStep } from './inputSteps';
import { askInSteps } from './inputSteps';
import { stepOf } from './variableStep';

/** In the workspace's storage: what the user entered for each file. */
const storageKey = 'alidade.promptInputs';
/** Inputs that are kept of one file, the newest last; and files of which any are kept. */
const mostInputs = 20;
const mostFiles = 200;
const longestName = 40;

interface FileInputs {
  /** Entered by the user, the newest last. */
  readonly inputs: readonly Omit<TestInput, 'span'>[];
  /** Name of the one in use; null: the first. */
  readonly chosen: string | null;
  /** What each variable was given last. */
  readonly values: Readonly<Record<string, unknown>>;
}

const nothingKept: FileInputs = { inputs: [], chosen: null, values: {} };

/** Values for the variables of prompts: those that a file brings, and those that were entered, remembered per workspace. */
export class PromptInputs {
  readonly #state: Memento;
  readonly #changed = new EventEmitter<void>();

  /** Inputs were entered, removed, or another one is in use. */
  readonly onDidChange = this.#changed.event;

  constructor(state: Memento) {
    this.#state = state;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** The file's own, then what was entered for it. */
  inputsOf(document: Pick<TextDocument, 'uri'>, file: PromptFile): readonly TestInput[] {
    const entered = this.#kept(document).inputs.map((input) => ({ ...input, span: null }));
    const names = new Set(file.inputs.map(({ name }) => name));
    return [...file.inputs, ...entered.filter(({ name }) => !names.has(name))];
  }

  /** The one in use; null: there is none yet. */
  chosenInput(document: Pick<TextDocument, 'uri'>, file: PromptFile): TestInput | null {
    const inputs = this.inputsOf(document, file);
    const { chosen } = this.#kept(document);
    return inputs.find(({ name }) => name === chosen) ?? inputs[0] ?? null;
  }

  async choose(document: Pick<TextDocument, 'uri'>, name: string): Promise<void> {
    await this.#keep(document, { ...this.#kept(document), chosen: name });
  }

  async remove(document: Pick<TextDocument, 'uri'>, name: string): Promise<void> {
    const kept = this.#kept(document);
    await this.#keep(document, { ...kept, inputs: kept.inputs.filter((input) => input.name !== name) });
  }

  /**
   * Values for every variable of a prompt that has to have one: those of the input in use, the rest is asked for and
   * remembered. undefined: the user has given up.
   */
  async completeInput(
    document: TextDocument,
    file: PromptFile,
    prompt: Prompt,
    input: TestInput | null = this.chosenInput(document, file),
  ): Promise<TestInput | undefined> {
    const missing = missingVariables(prompt, input?.values ?? {});
    if (missing.length === 0) return input ?? { name: '', values: {}, span: null };
    return this.enterInput(document, prompt, { variables: missing, given: input?.values ?? {} });
  }

  /** Asks for values one by one and remembers them under a name of their own. undefined: the user has given up. */
  async enterInput(
    document: TextDocument,
    prompt: Prompt,
    { variables, given }: { readonly variables: readonly PromptVariable[]; readonly given: TestInput['values'] },
  ): Promise<TestInput | undefined> {
    const kept = this.#kept(document);
    const steps = variables.map((variable): InputStep => {
      const { name, kind } = variable;
      const known = kind === 'editor' ? editorValue(name, document) : undefined;
      return stepOf(variable, given[name] ?? known ?? kept.values[name]);
    });
    const answers = await askInSteps(steps, prompt.label);
    if (answers === undefined) return undefined;
    const entered = Object.fromEntries(variables.map(({ name }, index) => [name, answers[index]]));
    const values = { ...given, ...entered };
    const same = kept.inputs.find((input) => JSON.stringify(input.values) === JSON.stringify(values));
    const name = same?.name ?? nameOf(entered, kept.inputs);
    const others = kept.inputs.filter((input) => input !== same);
    await this.#keep(document, {
      inputs: [...others, { name, values }].slice(-mostInputs),
      chosen: name,
      values: { ...kept.values, ...entered },
    });
    return { name, values, span: null };
  }

  #kept({ uri }: Pick<TextDocument, 'uri'>): FileInputs {
    return this.#all()[keyOf(uri)] ?? nothingKept;
  }

  async #keep({ uri }: Pick<TextDocument, 'uri'>, inputs: FileInputs): Promise<void> {
    const { [keyOf(uri)]: _before, ...others } = this.#all();
    const kept = Object.entries(others).slice(1 - mostFiles);
    await this.#state.update(storageKey, Object.fromEntries([...kept, [keyOf(uri), inputs]]));
    this.#changed.fire();
  }

  #all(): Readonly<Record<string, FileInputs>> {
    const all = this.#state.get(storageKey);
    return isTable(all) ? Object.fromEntries(Object.entries(all).filter(isFileInputs)) : {};
  }
}

/** The variables that have no value and have to have one. */
export function missingVariables({ variables }: Prompt, values: TestInput['values']): readonly PromptVariable[] {
  return variables.filter(
    ({ name, required, kind, defaultValue }) =>
      required &&
      kind !== 'media' &&
      defaultValue === undefined &&
      (values[name] === undefined || values[name] === null),
  );
}

/** What the user sees in lists: the values in short, unlike any other name. */
function nameOf(values: TestInput['values'], others: FileInputs['inputs']): string {
  const short = Object.values(values)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ')
    .replace(/\s+/g, ' ')
    .trim();
  const base = short.length <= longestName ? short : `${short.slice(0, longestName - 1)}…`;
  const taken = new Set(others.map(({ name }) => name));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base} (${count})`;
    if (name !== '' && !taken.has(name)) return name;
  }
}

function keyOf(uri: TextDocument['uri']): string {
  return workspace.asRelativePath(uri, true);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Whatever a former version wrote. */
function isFileInputs(entry: [string, unknown]): entry is [string, FileInputs] {
  const [, value] = entry;
  return isTable(value) && Array.isArray(value['inputs']) && isTable(value['values']) && 'chosen' in value;
}
