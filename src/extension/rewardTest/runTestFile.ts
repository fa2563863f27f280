import type { TestItem, TestRun } from 'vscode';
import { l10n, Location, MarkdownString, TestMessage } from 'vscode';
import type { RewardTest } from '../../core/rewardTest/rewardTest';
import type { RewardTestError, RewardTestResult } from '../../core/rewardTest/rewardTestResult';
import type { ModelSelection } from '../../protocol/sidecar';
import { describeError } from '../reportError';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { RewardTestText } from './rewardTestDocuments';
import { failureMarkdown, resultText } from './rewardTestMarkdown';
import { checkFileTrust, checkTestTrust } from './testModelTrust';

/** What of the sidecar's client tests need. */
export type TestClient = Pick<SidecarClient, 'runRewardTests'>;

export interface RunTestFileParams {
  readonly client: TestClient;
  readonly run: TestRun;
  readonly file: RewardTestText;
  readonly fileItem: TestItem;
  /** Those that are run. */
  readonly items: readonly TestItem[];
  readonly signal: AbortSignal;
  /** What the model is doing, such as converting its weights. */
  readonly progress?: (message: string) => void;
  readonly onResult: (file: RewardTestText, result: RewardTestResult) => void;
}

/** Runs tests of one file and tells the run how each of them ends; never throws. */
export async function runTestFile(params: RunTestFileParams): Promise<void> {
  const { client, run, file, fileItem, signal, onResult } = params;
  if (!file.parsed.isRunnable) {
    // All of its tests are left out: the file itself is what fails.
    const problems = file.parsed.problems.filter(({ severity }) => severity === 'error');
    run.started(fileItem);
    run.errored(
      fileItem,
      problems.map(({ message, span }) => messageAt(message, file, span)),
    );
    return;
  }
  const left = new Map(params.items.map((item) => [item.id, item]));
  const failAll = (error: unknown): void => {
    const described = describeError(error);
    if (described === null) return;
    for (const item of left.values()) run.errored(item, messageOf(described, file, null));
    left.clear();
  };
  const tests = new Map(file.parsed.tests.map((test) => [test.id, test]));
  try {
    checkFileTrust(file.parsed);
    refuseUntrusted(params, tests, left);
    if (left.size === 0) return;
    await client.runRewardTests(
      { text: file.text, path: file.uri.fsPath, ids: [...left.keys()], model: modelSelection() },
      {
        signal,
        progress: ({ message }) => params.progress?.(message),
        onTest: (step) => {
          if ('started' in step) {
            const item = left.get(step.started);
            if (item !== undefined) run.started(item);
            return;
          }
          const item = left.get(step.result.id);
          if (item === undefined) return;
          left.delete(step.result.id);
          onResult(file, step.result);
          report(step.result, item, params);
        },
      },
    );
  } catch (error) {
    if (!signal.aborted) failAll(error);
  }
}

/** Tests are held against their file alone: the weights of the settings do not count. */
function modelSelection(): ModelSelection {
  const { weights: _weights, ...model } = readScoreSettings().model;
  return model;
}

function refuseUntrusted(
  { run, file }: RunTestFileParams,
  tests: ReadonlyMap<string, RewardTest>,
  left: Map<string, TestItem>,
): void {
  for (const [id, item] of left) {
    const test = tests.get(id);
    try {
      if (test !== undefined) checkTestTrust(test);
    } catch (error) {
      left.delete(id);
      const described = describeError(error);
      if (described !== null) run.errored(item, messageOf(described, file, null));
    }
  }
}

function report(result: RewardTestResult, item: TestItem, { run, file }: RunTestFileParams): void {
  const { outcome, failures, errors, milliseconds, skip } = result;
  const output = resultText(result);
  if (output !== '') run.appendOutput(output, undefined, item);
  switch (outcome) {
    case 'passed':
      run.passed(item, milliseconds);
      return;
    case 'skipped':
      if (skip !== null && skip !== '') run.appendOutput(`${l10n.t('Left out: {0}', skip)}\r\n`, undefined, item);
      run.skipped(item);
      return;
    case 'errored':
      run.errored(
        item,
        errors.map((error) => messageOf(error, file, error.span)),
        milliseconds,
      );
      return;
    case 'failed': {
      const target = { uri: file.uri.toString(), test: result.id };
      const messages = failures.map((failure) => {
        const markdown = failureMarkdown(failure, result, target);
        const message = TestMessage.diff(markdown, failure.expected, failure.actual);
        message.location = new Location(file.uri, file.toRange(failure.span));
        return message;
      });
      run.failed(item, messages, milliseconds);
    }
  }
}

function messageOf(
  { message, hint }: Pick<RewardTestError, 'message' | 'hint'>,
  file: RewardTestText,
  span: RewardTestError['span'],
): TestMessage {
  return messageAt(hint === null ? message : `${message}: ${hint}`, file, span);
}

function messageAt(text: string, file: RewardTestText, span: RewardTestError['span']): TestMessage {
  const message = new TestMessage(new MarkdownString().appendText(text));
  if (span !== null) message.location = new Location(file.uri, file.toRange(span));
  return message;
}
