import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CompletionList, Hover, TestItem, TestMessage, TestRun, TextEditor } from 'vscode';
import { commands, languages, MarkdownString, Position, tests, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import { parseRewardTests } from '../../src/core/rewardTest/parseRewardTests';
import type { RewardTestResult } from '../../src/core/rewardTest/rewardTestResult';
import type { RewardTestsView } from '../../src/extension/rewardTest/registerRewardTests';
import { RewardTestDocuments } from '../../src/extension/rewardTest/rewardTestDocuments';
import { runTestFile, type TestClient } from '../../src/extension/rewardTest/runTestFile';
import { activated, pairRow, until, useBench } from './workbench';

const passing = '  - { name: passes, prompt: a, response: b, expect: { score: { min: -1000 } } }\n';
const failing = `  - name: fails
    prompt: Name a colour.
    responses: { first: Blue., second: Red as a rose. }
    expect:
      all: { objectives: { helpful: { min: 1000 } } }
`;

describe('reward tests', function () {
  this.timeout(60_000);
  const bench = useBench();

  async function open(name: string, text: string): Promise<TextEditor> {
    const path = join(bench.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  async function view(): Promise<RewardTestsView> {
    return (await activated()).rewardTests();
  }

  async function testsOf(uri: Uri): Promise<readonly string[] | null> {
    return (await view()).files.find((file) => file.uri === uri.toString())?.tests ?? null;
  }

  async function resultOf(uri: Uri, test: string): Promise<RewardTestResult | undefined> {
    return (await view()).results.get(`${uri.toString()}#${test}`);
  }

  /** Runs the tests of the file in front, as the keyboard does. */
  async function runFile(uri: Uri, ...names: readonly string[]): Promise<RewardTestResult[]> {
    const before = (await view()).results;
    let asked = 0;
    return until('the tests have results', async () => {
      // The editor learns of new tests a moment later than the extension.
      if (asked === 0 || 2000 < performance.now() - asked) {
        asked = performance.now();
        await commands.executeCommand('testing.runCurrentFile');
      }
      const { results } = await view();
      const found = names.map((name) => `${uri.toString()}#${name}`).map((key) => ({ key, result: results.get(key) }));
      const isNew = found.every(({ key, result }) => result !== undefined && result !== before.get(key));
      return isNew ? found.flatMap(({ result }) => result ?? []) : null;
    });
  }

  async function replaceAll({ document }: TextEditor, text: string): Promise<void> {
    const edit = new WorkspaceEdit();
    const end = document.lineAt(document.lineCount - 1).range.end;
    edit.replace(document.uri, document.validateRange(document.lineAt(0).range.with(undefined, end)), text);
    await workspace.applyEdit(edit);
  }

  it('finds the test files of the workspace, and those that come and go', async () => {
    await commands.executeCommand('testing.refreshTests');
    const root = workspace.workspaceFolders?.[0]?.uri ?? assert.fail('no folder is open');
    await until('the example is found', async () => {
      const found = await testsOf(Uri.joinPath(root, 'houseplant.reward.yaml'));
      return found?.includes('refusals and word salad come last');
    });
    const path = join(root.fsPath, 'passing-by.reward.yaml');
    const uri = Uri.file(path);
    try {
      writeFileSync(path, `tests:\n${passing}`);
      await until('the new file is there', async () => (await testsOf(uri))?.length === 1);
    } finally {
      rmSync(path, { force: true });
    }
    await until('it is gone again', async () => (await testsOf(uri)) === null);
  });

  it('run in the Test Explorer, each with its result', async () => {
    const { document } = await open('run.reward.yaml', `model: tiny\ntests:\n${passing}${failing}`);
    const [passed, failed] = await runFile(document.uri, 'passes', 'fails');
    assert.equal(passed?.outcome, 'passed');
    assert.equal(failed?.outcome, 'failed');
    assert.equal(failed.failures[0]?.expected, 'lowest helpful ≥ 1000');
    assert.equal(failed.model?.name, 'tiny');
    assert.equal(failed.responses.length, 2);
  });

  it('show what was expected and found at the place of the expectation, with a way to the breakdown', async () => {
    const { document } = await open('diff.reward.yaml', `model: tiny\ntests:\n${failing}`);
    const [result] = await runFile(document.uri, 'fails');
    assert.ok(result);
    const client: TestClient = {
      runRewardTests: (_params, { onTest }) => {
        onTest({ requestToken: '1', started: 'fails' });
        onTest({ requestToken: '1', result });
        return Promise.resolve();
      },
    };
    const { told } = await runWith(client, document.uri);
    assert.deepEqual(
      told.map(({ what }) => what),
      ['started', 'failed'],
    );
    const message = told[1]?.messages[0] ?? assert.fail('no message');
    assert.equal(message.expectedOutput, 'lowest helpful ≥ 1000');
    assert.match(message.actualOutput ?? '', /^lowest helpful -?\d/);
    const { range } = message.location ?? assert.fail('no place');
    assert.equal(document.getText(range), 'helpful: { min: 1000 }');
    assert.ok(message.message instanceof MarkdownString);
    assert.match(message.message.value, /\| Objective \| first \| second \|/);
    const link = /\(command:alidade\.showTestBreakdown\?([^)]+)\)/.exec(message.message.value)?.[1] ?? '';
    await commands.executeCommand('alidade.showTestBreakdown', ...(JSON.parse(decodeURIComponent(link)) as unknown[]));
    const { breakdown } = await activated();
    const shown = await until('the page shows the responses', () => {
      const state = breakdown()?.state;
      return state?.kind === 'row' ? state.row : null;
    });
    assert.equal(shown.kind, 'list');
    shown.responses.forEach(({ score }, index) => {
      assert.ok(Math.abs(score - (result.responses[index]?.breakdown.score ?? Infinity)) < 1e-4);
    });
  });

  it('are those of the editor, saved or not', async () => {
    const editor = await open('edit.reward.yaml', `model: tiny\ntests:\n${passing}`);
    const { uri } = editor.document;
    await until('the test is there', async () => (await testsOf(uri))?.join() === 'passes');
    await replaceAll(editor, `model: tiny\ntests:\n${passing.replace('passes', 'renamed')}${failing}`);
    await until('its new name is there', async () => (await testsOf(uri))?.join() === 'renamed,fails');
    assert.equal(editor.document.isDirty, true);
    const [renamed] = await runFile(uri, 'renamed', 'fails');
    assert.equal(renamed?.outcome, 'passed');
  });

  it('stop when the run is stopped', async () => {
    const many = Array.from({ length: 400 }, (_, index) =>
      passing.replace('passes', `t${index}`).replace('response: b', `response: ${'word '.repeat(60)}${index}`),
    );
    const { document } = await open('many.reward.yaml', `model: tiny\ntests:\n${many.join('')}`);
    const running = commands.executeCommand('testing.runCurrentFile');
    await until('some have ended', async () => resultOf(document.uri, 't1'));
    await commands.executeCommand('testing.cancelRun');
    await running;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const count = async (): Promise<number> =>
      [...(await view()).results.keys()].filter((key) => key.startsWith(document.uri.toString())).length;
    const ended = await count();
    assert.ok(ended < many.length, `${ended} of ${many.length} ran`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await count(), ended);
  });

  it('say what is wrong with a file at the place, and run again when it is mended', async () => {
    const editor = await open('broken.reward.yaml', `modle: tiny\ntests:\n${passing}`);
    const { uri } = editor.document;
    const [problem] = await until('the problem is shown', () => {
      const found = languages.getDiagnostics(uri);
      return found.length === 1 ? found : null;
    });
    assert.equal(problem?.message, 'unknown key `modle`: did you mean `model`?');
    assert.equal(editor.document.getText(problem.range), 'modle');
    assert.equal((await view()).files.find((file) => file.uri === uri.toString())?.hasError, true);
    const { told } = await runWith({ runRewardTests: () => assert.fail('nothing to run') }, uri);
    assert.deepEqual(
      told.map(({ what, item }) => [what, item]),
      [
        ['started', uri.toString()],
        ['errored', uri.toString()],
      ],
    );
    await replaceAll(editor, `model: tiny\ntests:\n${passing}  - [`);
    await until('the syntax error is shown', () =>
      languages.getDiagnostics(uri).some(({ message }) => message !== problem.message),
    );
    await replaceAll(editor, `model: tiny\ntests:\n${passing}`);
    await until('nothing is wrong any more', () => languages.getDiagnostics(uri).length === 0);
    const [result] = await runFile(uri, 'passes');
    assert.equal(result?.outcome, 'passed');
  });

  it('mark objectives that the model is known not to have', async () => {
    const { document } = await open('objectives.reward.yaml', `model: tiny\ntests:\n${passing}`);
    await runFile(document.uri, 'passes');
    const other = await open(
      'objectives2.reward.yaml',
      'model: tiny\ntests:\n  - { name: a, prompt: a, response: b, expect: { objectives: { helpfull: { min: 0 } } } }\n',
    );
    const [problem] = await until('the problem is shown', () => {
      const found = languages.getDiagnostics(other.document.uri);
      return found.length === 1 ? found : null;
    });
    assert.match(
      problem?.message ?? '',
      /tiny has no objective "helpfull", did you mean helpful\?: it has helpful, brief/,
    );
  });

  it('help to write: keys with what they mean, words, objectives, and a new test', async () => {
    const text = 'model: tiny\ndtype: \ntests:\n  - name: a\n    expect:\n      objectives:\n        \n  \n';
    const { document } = await open('help.reward.yaml', text);
    const labels = async (line: number, character: number): Promise<readonly string[]> => {
      const { items } = await commands.executeCommand<CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        new Position(line, character),
      );
      return items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    assert.ok((await labels(1, 7)).includes('int8'));
    const objectives = await labels(6, 8);
    assert.ok(objectives.includes('helpful') && objectives.includes('brief'), objectives.join());
    assert.ok((await labels(7, 2)).includes('new test'));
    assert.ok((await labels(0, 0)).includes('weights'));
    const hovers = await commands.executeCommand<Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new Position(0, 2),
    );
    const shown = hovers.flatMap(({ contents }) => contents.map((part) => (part as MarkdownString).value));
    assert.match(shown.join('\n'), /\*\*model\*\*[^]*reward model/);
  });

  it('are made of the row at the cursor, and hold', async () => {
    await bench.open('rows.jsonl', [pairRow]);
    await commands.executeCommand('alidade.newRewardTest');
    const editor = await until('the new file is in front', () => {
      const found = window.activeTextEditor;
      return found?.document.uri.path.endsWith('rows-colours.reward.yaml') === true && found.document.getText() !== ''
        ? found
        : null;
    });
    const { uri } = editor.document;
    assert.equal(uri.scheme, 'untitled');
    assert.deepEqual(parseRewardTests(editor.document.getText()).problems, []);
    const [result] = await runFile(uri, 'rows colours');
    assert.equal(result?.outcome, 'passed', JSON.stringify(result?.failures));
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until('nothing is left of it', async () => (await testsOf(uri)) === null);
  });

  it('choose no model in a workspace that is not trusted', async () => {
    const generating = passing.replace('passes', 'generates').replace('response: b', 'generate: { model: tiny }');
    const own = `tests:\n${passing}${generating.replace('score', 'best: { score').replace('} } }', '} } } }')}`;
    const { document } = await open('trust.reward.yaml', `model: tiny\n${own}`);
    const asked: (readonly string[] | null)[] = [];
    const client: TestClient = {
      runRewardTests: ({ ids }) => {
        asked.push(ids);
        return Promise.reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
      },
    };
    const all = await withoutTrust(() => runWith(client, document.uri));
    assert.deepEqual(asked, [], 'the file names a model of the workspace');
    assert.deepEqual(
      all.told.map(({ what, item }) => [what, item]),
      [
        ['errored', 'passes'],
        ['errored', 'generates'],
      ],
    );
    assert.match(textOf(all.told[0]?.messages[0]), /its workspace is not trusted/);
    const free = await open('trust2.reward.yaml', own);
    const one = await withoutTrust(() => runWith(client, free.document.uri));
    assert.deepEqual(asked, [['passes']], "the user's model scores; a model of the workspace does not answer");
    assert.deepEqual(
      one.told.map(({ what, item }) => [what, item]),
      [['errored', 'generates']],
    );
  });

  it('share the failure of a model, and of the process', async () => {
    const { document } = await open('gone.reward.yaml', `model: none\ntests:\n${passing}`);
    const [result] = await runFile(document.uri, 'passes');
    assert.equal(result?.outcome, 'errored');
    assert.match(result.errors[0]?.message ?? '', /^none is neither a file/);
    const client: TestClient = {
      runRewardTests: () => Promise.reject(new AlidadeError({ code: 'internal', message: 'it died' })),
    };
    const { told } = await runWith(client, document.uri);
    assert.deepEqual([told[0]?.what, textOf(told[0]?.messages[0])], ['errored', 'it died']);
  });
});

interface Told {
  readonly what: string;
  /** Id of the item. */
  readonly item: string;
  readonly messages: readonly TestMessage[];
}

/** Runs all tests of a file with a client that answers as told, and returns what the run was told. */
async function runWith(client: TestClient, uri: Uri): Promise<{ readonly told: readonly Told[] }> {
  const controller = tests.createTestController('alidade.testOfRewardTests', 'Test of reward tests');
  const documents = new RewardTestDocuments();
  try {
    const file = await documents.read(uri);
    const fileItem = controller.createTestItem(uri.toString(), 'file', uri);
    const items = file.parsed.tests.map(({ id, name }) => controller.createTestItem(id, name, uri));
    const told: Told[] = [];
    const tell =
      (what: string) =>
      (item: TestItem, messages: TestMessage | readonly TestMessage[] | number = []): void => {
        const list = typeof messages === 'number' ? [] : [messages].flat();
        told.push({ what, item: item.id, messages: list });
      };
    const run: Partial<TestRun> = {
      started: tell('started'),
      passed: tell('passed'),
      failed: tell('failed'),
      errored: tell('errored'),
      skipped: tell('skipped'),
      appendOutput: () => undefined,
    };
    const signal = new AbortController().signal;
    await runTestFile({ client, run: run as TestRun, file, fileItem, items, signal, onResult: () => undefined });
    return { told };
  } finally {
    documents.dispose();
    controller.dispose();
  }
}

function textOf(message: TestMessage | undefined): string {
  const text = message?.message;
  return text instanceof MarkdownString ? text.value.replaceAll('&nbsp;', ' ') : (text ?? '');
}

/** The editor of a test run trusts everything: here only what the extension asks is made to answer no. */
async function withoutTrust<Result>(action: () => Promise<Result>): Promise<Result> {
  const original = Object.getOwnPropertyDescriptor(workspace, 'isTrusted') ?? assert.fail('no trust');
  Object.defineProperty(workspace, 'isTrusted', { ...original, get: () => false });
  try {
    return await action();
  } finally {
    Object.defineProperty(workspace, 'isTrusted', original);
  }
}
