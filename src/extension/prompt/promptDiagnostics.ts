import type { TextDocument } from 'vscode';
import { Diagnostic, DiagnosticSeverity, Disposable, languages, workspace } from 'vscode';
import type { PromptProblem } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import { debounce } from '../debounce';
import { rangeOf } from '../rangeOf';
import type { LoadedPromptFile, PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import { missingVariables } from './promptInputs';

/** Milliseconds after the last edit. */
const settleDelay = 300;
const mostProblems = 200;

/**
 * What is wrong with the open prompt files: in the file itself, in what it refers to, and when it is rendered with the
 * input in use. A variable that nobody has given a value yet is nothing wrong.
 */
export function registerPromptDiagnostics(prompts: PromptDocuments, inputs: PromptInputs): Disposable {
  const collection = languages.createDiagnosticCollection('alidade-prompts');
  const check = async (document: TextDocument): Promise<void> => {
    const { version } = document;
    const loaded = await prompts.load(document).catch(() => null);
    if (document.isClosed || document.version !== version) return;
    const problems = loaded === null ? [] : problemsOf(document, loaded, inputs);
    collection.set(
      document.uri,
      problems.slice(0, mostProblems).map((problem) => diagnosticOf(document, problem)),
    );
  };
  const checkAll = (): void => {
    for (const document of workspace.textDocuments) if (prompts.isPrompt(document)) void check(document);
  };
  const settled = debounce(checkAll, settleDelay);
  checkAll();
  return Disposable.from(
    collection,
    settled,
    prompts.onDidChange(settled.call),
    inputs.onDidChange(settled.call),
    workspace.onDidOpenTextDocument((document) => {
      if (prompts.isPrompt(document)) void check(document);
    }),
    workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
    workspace.onDidGrantWorkspaceTrust(checkAll),
  );
}

function problemsOf(
  document: TextDocument,
  { file, files, references }: LoadedPromptFile,
  inputs: PromptInputs,
): readonly PromptProblem[] {
  const values = inputs.chosenInput(document, file)?.values ?? {};
  const unread = references.flatMap(({ reference, problem }): PromptProblem[] =>
    problem === null ? [] : [{ severity: 'warning', message: problem, span: reference.span }],
  );
  const rendered = file.prompts
    .filter((prompt) => missingVariables(prompt, values).length === 0)
    .flatMap((prompt) => renderPrompt(prompt, { values, files }).problems);
  const seen = new Set<string>();
  return [...file.problems, ...unread, ...rendered].filter(({ message, span }) => {
    const key = `${span.start} ${span.end} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function diagnosticOf(document: TextDocument, { severity, message, span }: PromptProblem): Diagnostic {
  const level = {
    error: DiagnosticSeverity.Error,
    warning: DiagnosticSeverity.Warning,
    information: DiagnosticSeverity.Information,
  }[severity];
  const diagnostic = new Diagnostic(rangeOf(document, span), message, level);
  diagnostic.source = 'Alidade';
  return diagnostic;
}
