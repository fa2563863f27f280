import { Diagnostic, DiagnosticSeverity, Disposable, languages, workspace } from 'vscode';
import type { TextDocument } from 'vscode';
import { findUnknownObjectives, findUnknownWeights } from '../../core/rewardTest/findUnknownObjectives';
import type { RewardTestProblem } from '../../core/rewardTest/rewardTest';
import { debounce } from '../debounce';
import type { KnownModels } from './knownModels';
import { holdsTests, type RewardTestDocuments } from './rewardTestDocuments';

/** Milliseconds without an edit. */
const restDelay = 200;

/** Shows every problem of the test files that are open, and objectives that their model is known not to have. */
export function registerRewardTestDiagnostics(
  documents: RewardTestDocuments,
  models: KnownModels,
): Disposable & { refresh(): void } {
  const collection = languages.createDiagnosticCollection('alidade.rewardTests');
  const check = (document: TextDocument): void => {
    if (!holdsTests(document) || document.isClosed) return;
    const { parsed, toRange } = documents.ofDocument(document);
    const model = models.ofFile(parsed);
    const unknown =
      model === null
        ? []
        : [...findUnknownWeights(parsed, model), ...parsed.tests.flatMap((test) => findUnknownObjectives(test, model))];
    collection.set(
      document.uri,
      [...parsed.problems, ...unknown].map((problem) => diagnosticOf(problem, toRange)),
    );
  };
  const refresh = (): void => workspace.textDocuments.forEach(check);
  const soon = debounce(refresh, restDelay);
  refresh();
  const registered = Disposable.from(
    collection,
    soon,
    workspace.onDidOpenTextDocument(check),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (holdsTests(document)) soon.call();
    }),
    workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
  );
  return { refresh, dispose: () => void registered.dispose() };
}

function diagnosticOf(
  { severity, message, span }: RewardTestProblem,
  toRange: ReturnType<RewardTestDocuments['ofDocument']>['toRange'],
): Diagnostic {
  const level = severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  const diagnostic = new Diagnostic(toRange(span), message, level);
  diagnostic.source = 'Alidade';
  return diagnostic;
}
