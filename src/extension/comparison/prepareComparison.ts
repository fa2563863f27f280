import { l10n, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ComparisonRecord, RecordedCell, RecordedVersion } from '../../core/comparison/comparisonRecord';
import type { Prompt, PromptFile, TestInput } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import type { Side } from '../../protocol/comparisonView';
import { missingVariables } from '../prompt/promptInputs';
import { parseVersion } from './parseVersion';
import { nameVersions, readVersion, type ComparedVersions, type VersionSource } from './versionSource';

/** Which prompts of files that hold several. */
export type ChosenPrompts = Readonly<Partial<Record<Side, string>>>;

export interface PrepareComparisonParams {
  readonly versions: ComparedVersions;
  readonly prompts: ChosenPrompts;
  /** What the user is known to want a prompt file's variables filled with, the file's own inputs first. */
  readonly inputsOf: (source: VersionSource, file: PromptFile) => readonly TestInput[];
  /** Asks for what the input lacks; null: the user has given up. */
  readonly askForInput: (
    source: VersionSource,
    file: PromptFile,
    prompt: Prompt,
    input: TestInput,
  ) => Promise<TestInput | null>;
}

export interface PreparedComparison {
  /** Rendered, and nothing answered yet. */
  readonly record: ComparisonRecord;
  readonly notes: readonly string[];
  readonly prompts: ChosenPrompts;
  readonly sources: Readonly<Record<Side, VersionSource>>;
}

interface PreparedVersion extends RecordedVersion {
  readonly source: VersionSource;
  readonly file: PromptFile;
  readonly prompt: Prompt;
  readonly files: ReadonlyMap<string, string>;
}

/** More would take days with most models, and no page shows them. */
const mostInputs = 200;
/** Of each version, in the page. */
const mostProblems = 5;

/**
 * Reads both versions and renders them for the same inputs.
 * @returns null when the user is asked something and does not answer.
 * @throws AlidadeError `not_found` when a version is not there, `format` when one cannot be read.
 */
export async function prepareComparison(params: PrepareComparisonParams): Promise<PreparedComparison | null> {
  const { versions } = params;
  const sources = { first: await readVersion(versions.first), second: await readVersion(versions.second) };
  const names = nameVersions(sources.first, sources.second);
  const first = await prepareVersion(sources.first, names.first, params.prompts.first);
  const second =
    first && (await prepareVersion(sources.second, names.second, params.prompts.second ?? first.prompt.label));
  if (first === null || second === null) return null;
  const inputs = await collectInputs(params, first, second);
  if (inputs === null) return null;
  const used = inputs.slice(0, mostInputs);
  const notes = [
    ...variableNotes(first, second),
    ...(used.length < inputs.length
      ? [l10n.t('Only the first {0} of {1} inputs are used.', used.length, inputs.length)]
      : []),
    ...problemNotes(first),
    ...problemNotes(second),
  ];
  return {
    record: {
      first: names.first,
      second: names.second,
      generation: null,
      model: null,
      inputs: used.map(({ name, values }) => ({
        name,
        values,
        first: renderCell(first, values),
        second: renderCell(second, values),
      })),
    },
    notes,
    prompts: { first: first.prompt.label, second: second.prompt.label },
    sources,
  };
}

async function prepareVersion(
  source: VersionSource,
  { name, detail }: RecordedVersion,
  wanted: string | undefined,
): Promise<PreparedVersion | null> {
  const { file, files } = await parseVersion(source);
  const [error] = file.problems.filter(({ severity }) => severity === 'error');
  if (error !== undefined) {
    throw new AlidadeError({
      code: 'format',
      message: l10n.t('{0}, line {1}: {2}', name, lineAt(source.text, error.span.start), error.message),
      hint: l10n.t('mend the file, then run the comparison again'),
    });
  }
  if (file.prompts.length === 0) {
    throw new AlidadeError({ code: 'format', message: l10n.t('{0} holds no prompt', name) });
  }
  const prompt = await choosePrompt(file, name, wanted);
  return prompt && { source, name, detail, file, prompt, files };
}

async function choosePrompt({ prompts }: PromptFile, name: string, wanted: string | undefined): Promise<Prompt | null> {
  const known = prompts.find(({ label }) => label === wanted) ?? (prompts.length === 1 ? prompts[0] : undefined);
  if (known !== undefined) return known;
  const picked = await window.showQuickPick(
    prompts.map((prompt) => ({ label: prompt.label, prompt })),
    { title: l10n.t('Prompt of {0}', name) },
  );
  return picked?.prompt ?? null;
}

/**
 * Those of the second version, then what the first has besides. Where none of them fills both prompts, what is missing is
 * asked for once and used for all.
 */
async function collectInputs(
  { inputsOf, askForInput }: PrepareComparisonParams,
  first: PreparedVersion,
  second: PreparedVersion,
): Promise<readonly TestInput[] | null> {
  const found: TestInput[] = [];
  const seen = new Set<string>();
  for (const { source, file, name: version } of [second, first]) {
    for (const input of inputsOf(source, file)) {
      const key = JSON.stringify(Object.entries(input.values).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (seen.has(key)) continue;
      seen.add(key);
      const isTaken = found.some(({ name }) => name !== '' && name === input.name);
      found.push(isTaken ? { ...input, name: l10n.t('{0} of {1}', input.name, version) } : input);
    }
  }
  let inputs: readonly TestInput[] = 0 < found.length ? found : [{ name: '', values: {}, span: null }];
  for (const { source, file, prompt } of [second, first]) {
    if (inputs.some((input) => missingVariables(prompt, input.values).length === 0)) continue;
    const given = await askForInput(source, file, prompt, inputs[0]);
    if (given === null) return null;
    inputs = inputs.map((input) => ({ ...input, values: { ...given.values, ...input.values } }));
  }
  return inputs;
}

function renderCell({ prompt, files }: PreparedVersion, values: Readonly<Record<string, unknown>>): RecordedCell {
  const { messages, problems } = renderPrompt(prompt, { values, files });
  const error = problems.find(({ severity }) => severity === 'error');
  const failed = error !== undefined || messages.length === 0;
  return {
    state: failed ? 'failed' : 'waiting',
    problem: failed ? (error?.message ?? l10n.t('the prompt is empty')) : null,
    messages: failed ? null : messages,
    answers: [],
    profile: null,
  };
}

function variableNotes(first: PreparedVersion, second: PreparedVersion): readonly string[] {
  return [
    [first, second],
    [second, first],
  ].flatMap(([one, other]) => {
    const known = new Set(other.prompt.variables.map(({ name }) => name));
    const only = one.prompt.variables.map(({ name }) => name).filter((name) => !known.has(name));
    if (only.length === 0) return [];
    return only.length === 1
      ? [l10n.t('Only {0} has the variable {1}.', one.name, only[0])]
      : [l10n.t('Only {0} has the variables {1}.', one.name, only.join(', '))];
  });
}

function problemNotes({ name, file, source }: PreparedVersion): readonly string[] {
  return file.problems
    .filter(({ severity }) => severity === 'warning')
    .slice(0, mostProblems)
    .map(({ message, span }) => l10n.t('{0}, line {1}: {2}', name, lineAt(source.text, span.start), message));
}

/** From 1. */
function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
