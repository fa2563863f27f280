import type { CancellationToken, TestItem, TestRunRequest, Uri } from 'vscode';
import {
  commands,
  Disposable,
  l10n,
  ProgressLocation,
  RelativePattern,
  TestMessage,
  TestRunProfileKind,
  tests,
  window,
  workspace,
} from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { RewardTestResult } from '../../core/rewardTest/rewardTestResult';
import { abortSignalOf } from '../abortSignalOf';
import type { TestTarget } from '../commands';
import { debounce } from '../debounce';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { registerCommand } from '../registerCommand';
import { reportError } from '../reportError';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import type { RowScores } from '../reward/rowScores';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { chosenItems } from './chosenItems';
import { findObjectives } from './findObjectives';
import { KnownModels, referenceOf } from './knownModels';
import { registerNewRewardTest } from './newRewardTest';
import { registerRewardTestDiagnostics } from './rewardTestDiagnostics';
import { holdsTests, RewardTestDocuments, testFileGlob, type RewardTestText } from './rewardTestDocuments';
import { registerRewardTestHelp } from './rewardTestHelp';
import { RewardTestTree } from './rewardTestTree';
import { runTestFile } from './runTestFile';
import { showTestBreakdown, type ShownResults } from './showTestBreakdown';

export interface RewardTestsParams {
  readonly client: Pick<SidecarClient, 'runRewardTests' | 'describeModel'>;
  readonly scores: RowScores;
  readonly documents: DataDocuments;
  readonly breakdown: Pick<BreakdownRegistration, 'showRow'>;
}

export interface RewardTestsRegistration extends Disposable {
  readonly view: () => RewardTestsView;
}

/** What the Test Explorer shows of reward tests. */
export interface RewardTestsView {
  readonly files: readonly {
    readonly uri: string;
    readonly tests: readonly string[];
    /** Why not all of them can be run. */
    readonly hasError: boolean;
  }[];
  /** The newest result of each test, by `file URI#test`. */
  readonly results: ReadonlyMap<string, RewardTestResult>;
}

/** Milliseconds without an edit, before the items follow it. */
const restDelay = 200;

/** `*.reward.yaml` files: the Test Explorer, and diagnostics, completion and hover in the editor. */
export function registerRewardTests({
  client,
  scores,
  documents: dataDocuments,
  breakdown,
}: RewardTestsParams): RewardTestsRegistration {
  const controller = tests.createTestController('alidade.rewardTests', l10n.t('Alidade reward tests'));
  const documents = new RewardTestDocuments();
  const models = new KnownModels(scores);
  const tree = new RewardTestTree(controller, documents);
  const diagnostics = registerRewardTestDiagnostics(documents, models);
  const results: ShownResults = new Map();

  const remember = (file: RewardTestText, result: RewardTestResult): void => {
    results.set(keyOf({ uri: file.uri.toString(), test: result.id }), { file, result });
    const shown = [...results.values()].filter((known) => known.result.row !== null).map((known) => known.result.id);
    void commands.executeCommand('setContext', 'alidade.shownTests', shown);
    const [response] = result.responses as readonly (RewardTestResult['responses'][number] | undefined)[];
    if (response === undefined || result.model === null) return;
    models.learn(referenceOf(file.parsed), { name: result.model.name, objectives: response.breakdown.objectives });
    diagnostics.refresh();
  };

  const run = async (request: TestRunRequest, token: CancellationToken): Promise<void> => {
    const testRun = controller.createTestRun(request);
    // A run is stopped where it was asked for, or in the view of its results.
    const signal = AbortSignal.any([abortSignalOf(token), abortSignalOf(testRun.token)]);
    try {
      for (const [fileItem, wanted] of chosenItems(request, controller.items)) {
        if (signal.aborted) break;
        const file = fileItem.uri === undefined ? null : await tree.refresh(fileItem.uri);
        if (file === null) {
          const gone = l10n.t('the test file cannot be read');
          testRun.errored(fileItem, new TestMessage(fileItem.error ?? gone));
          continue;
        }
        const items = [...fileItem.children]
          .map(([, item]) => item)
          .filter(({ id }) => wanted === null || wanted.has(id));
        for (const item of items) testRun.enqueued(item);
        const params = { client, run: testRun, file, fileItem, items, signal, onResult: remember };
        const options = { location: ProgressLocation.Window, title: l10n.t('Reward tests') };
        await window.withProgress(options, (progress) =>
          runTestFile({ ...params, progress: (message) => progress.report({ message }) }),
        );
      }
    } finally {
      testRun.end();
    }
  };

  const profile = controller.createRunProfile(
    l10n.t('Run reward tests'),
    TestRunProfileKind.Run,
    (request, token) => {
      if (request.continuous !== true) return run(request, token);
      const onSave = workspace.onDidSaveTextDocument((saved) => {
        const isChosen = request.include?.some((item) => item.uri?.toString() === saved.uri.toString()) ?? true;
        if (holdsTests(saved) && isChosen) void run(request, token).catch(reportError);
      });
      token.onCancellationRequested(() => {
        onSave.dispose();
      });
      return Promise.resolve();
    },
    true,
  );
  profile.supportsContinuousRun = true;

  controller.resolveHandler = async (item) => {
    if (item?.uri !== undefined) await tree.refresh(item.uri);
    else await discover(tree);
  };
  controller.refreshHandler = async () => {
    const found = await discover(tree);
    for (const [id, item] of controller.items) {
      const isOpen = workspace.textDocuments.some(({ uri }) => uri.toString() === id);
      if (!found.has(id) && !isOpen && item.uri !== undefined) tree.remove(item.uri);
    }
  };

  const watcher = workspace.createFileSystemWatcher(testFileGlob);
  const showOpen = (): void => {
    for (const document of workspace.textDocuments) {
      if (holdsTests(document)) tree.show(documents.ofDocument(document));
    }
  };
  const follow = (uri: Uri): void => {
    if (!/(^|\/)(node_modules|\.[^/]+)\//.test(workspace.asRelativePath(uri))) void tree.refresh(uri);
  };
  const showSoon = debounce(showOpen, restDelay);
  showOpen();
  const registered = Disposable.from(
    controller,
    documents,
    models,
    diagnostics,
    watcher,
    watcher.onDidCreate(follow),
    watcher.onDidChange(follow),
    watcher.onDidDelete((uri) => tree.remove(uri)),
    workspace.onDidOpenTextDocument((document) => {
      if (holdsTests(document)) tree.show(documents.ofDocument(document));
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (holdsTests(document)) showSoon.call();
    }),
    showSoon,
    workspace.onDidCloseTextDocument((document) => {
      if (holdsTests(document) && document.isUntitled) tree.remove(document.uri);
    }),
    registerRewardTestHelp({
      objectives: (document, mayOpen, token) =>
        findObjectives({ client, models, file: documents.ofDocument(document), mayOpen, token }),
    }),
    registerNewRewardTest(dataDocuments, scores),
    registerCommand('alidade.showTestBreakdown', (target) => showTestBreakdown(resultFor(results, target), breakdown)),
  );
  return {
    view: () => ({
      files: [...controller.items].map(([uri, item]) => ({
        uri,
        tests: [...item.children].map(([id]) => id),
        hasError: item.error !== undefined,
      })),
      results: new Map([...results].map(([key, { result }]) => [key, result])),
    }),
    dispose: () => void registered.dispose(),
  };
}

function keyOf({ uri, test }: TestTarget): string {
  return `${uri}#${test}`;
}

/** @throws AlidadeError `row` when the test has not been run. */
function resultFor(results: ShownResults, target: Parameters<typeof targetOf>[0]) {
  const found = results.get(keyOf(targetOf(target)));
  if (found !== undefined && found.result.row !== null) return { ...found, row: found.result.row };
  throw new AlidadeError({
    code: 'row',
    message: l10n.t('the test has no response to show'),
    hint: l10n.t('run the test first'),
  });
}

/** From a link, or from the menu of the Test Explorer. */
function targetOf(target: TestTarget | TestItem): TestTarget {
  return 'test' in target ? target : { uri: target.uri?.toString() ?? '', test: target.id };
}

/** Every test file of the workspace. */
async function discover(tree: RewardTestTree): Promise<ReadonlySet<string>> {
  const folders = workspace.workspaceFolders ?? [];
  const found = await Promise.all(
    folders.map((folder) =>
      workspace.findFiles(new RelativePattern(folder, testFileGlob), '{**/node_modules/**,**/.*/**}'),
    ),
  );
  const uris = found.flat();
  await Promise.all(uris.map((uri) => tree.refresh(uri)));
  return new Set(uris.map(String));
}
