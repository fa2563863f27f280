import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commands,
  EventEmitter,
  Position,
  TabInputTextDiff,
  Uri,
  window,
  workspace,
  WorkspaceEdit,
  type WebviewPanel,
} from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import type { ComparisonRecord } from '../../src/core/comparison/comparisonRecord';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { ComparisonPanel, type ComparisonPanelTools } from '../../src/extension/comparison/comparisonPanel';
import { ComparisonStore } from '../../src/extension/comparison/comparisonStore';
import { ComparisonTexts } from '../../src/extension/comparison/comparisonTexts';
import { writeComparison } from '../../src/extension/comparison/saveComparison';
import type { ComparedVersions } from '../../src/extension/comparison/versionSource';
import type { Generator } from '../../src/extension/generation/generator';
import type { ComparisonAction, ComparisonView } from '../../src/protocol/comparisonView';
import {
  actOnComparison,
  comparisonReady,
  explainAnswers,
  showTextDifference,
} from '../../src/protocol/comparisonView';
import { setSetting, until } from './workbench';

const prompty = (body: string, sample: string): string =>
  `---\nname: A test\nsample:\n  ${sample}\n---\nuser:\n${body}\n`;
const plain = prompty('Tell me about {{topic}}.', 'topic: the sea');
const calm = prompty('Tell me about {{topic}}, calmly.', 'topic: the sky');

/** The extension's end of the page alone: generator and reward model are the test's own. */
describe('the panel that compares versions', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-comparison-'));

  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): Uri {
    const path = join(folder, name);
    writeFileSync(path, text);
    return Uri.file(path);
  }

  interface PageParams extends Partial<Pick<ComparisonPanelTools, 'openGenerator' | 'scores' | 'breakdown'>> {
    readonly first: Uri;
    readonly second: Uri;
  }

  /** A panel with the other end of its wire in the test. */
  function openPage({ first, second, ...tools }: PageParams) {
    const fromPage = new EventEmitter<unknown>();
    const toPage = new EventEmitter<unknown>();
    const webview = {
      onDidReceiveMessage: fromPage.event,
      postMessage: (message: unknown) => {
        toPage.fire(message);
        return Promise.resolve(true);
      },
    };
    const panel = { webview, reveal: () => undefined, dispose: () => undefined, viewColumn: 1 };
    const versions: ComparedVersions = {
      first: { kind: 'file', uri: first.toString() },
      second: { kind: 'file', uri: second.toString() },
    };
    const comparison = new ComparisonPanel(
      {
        client: { profilePrompt: () => Promise.reject(new AlidadeError({ code: 'unsupported', message: 'no gate' })) },
        scores: { explain: (row) => Promise.resolve(explained(row)) },
        breakdown: { showRow: () => Promise.resolve() },
        texts,
        store,
        openGenerator: () => Promise.resolve(echo),
        readGenerationOptions: () => ({ count: 2, temperature: 0, maxNewTokens: 9, seed: 3 }),
        inputsOf: (_, file) => file.inputs,
        askForInput: () => Promise.resolve(null),
        ...tools,
      },
      panel as unknown as WebviewPanel,
      { versions, prompts: {} },
    );
    opened.push(comparison);
    let id = 0;
    const request = (method: string, params: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        id += 1;
        const own = id;
        const listener = toPage.event((message) => {
          const reply = message as { id?: number; result?: unknown; error?: { message: string } };
          if (reply.id !== own) return;
          listener.dispose();
          if (reply.error === undefined) resolve(reply.result);
          else reject(new Error(reply.error.message));
        });
        fromPage.fire({ jsonrpc: '2.0', id: own, method, params });
      });
    return {
      panel: comparison,
      act: (action: ComparisonAction) => request(actOnComparison.method, { action }),
      request,
    };
  }

  const texts = new ComparisonTexts();
  const store = new ComparisonStore(join(folder, 'kept'));
  const opened: ComparisonPanel[] = [];
  afterEach(() => opened.splice(0).forEach((panel) => panel.dispose()));
  after(() => texts.dispose());

  const echo: Generator = {
    label: 'echo',
    generate: async (messages, { count }, { onAnswer }) => {
      const answers = Array.from({ length: count }, (_, index) => ({
        text: `${index}: ${messages[0]?.content ?? ''}`,
        finishReason: 'stop' as const,
      }));
      answers.forEach((answer, index) => onAnswer?.(answer, index));
      return Promise.resolve(answers);
    },
  };

  /** Scores every text by its length. */
  function explained(row: ScorableRow): ExplainedRow {
    const inputs = row.kind === 'single' ? [row.input] : row.kind === 'list' ? row.responses : [];
    const responses = inputs.map((input) => {
      const score = input.kind === 'messages' ? (input.messages.at(-1)?.content.length ?? 0) : 0;
      const objectives = [{ name: 'length', reward: score, coefficient: 1, contribution: score }];
      const counts = { tokens: 2 * score, promptTokens: score, responseTokens: score, truncated: false };
      return { role: 'response' as const, text: '', score, objectives, ...counts };
    });
    return { id: row.id, kind: 'list', model, responses, specialTokens: [] };
  }

  const model = {
    name: 'ruler',
    headKind: 'classification',
    objectives: [{ name: 'length' }],
  } as unknown as RewardModelDescription;

  it('stops with what it has, goes on where it stopped, and asks for nothing twice', async () => {
    const [first, second] = [write('stop1.prompty', plain), write('stop2.prompty', calm)];
    const prompts: string[] = [];
    let release: (() => void) | undefined;
    const slow: Generator = {
      label: 'slow',
      generate: async (messages, options, context) => {
        prompts.push(messages[0]?.content ?? '');
        if (prompts.length === 3) {
          await new Promise<void>((resolve, reject) => {
            release = resolve;
            context.signal.addEventListener('abort', () =>
              reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' })),
            );
          });
        }
        return echo.generate(messages, options, context);
      },
    };
    const page = openPage({ first, second, openGenerator: () => Promise.resolve(slow) });
    const run = page.panel.start();
    await until('the third prompt is asked for', () => release !== undefined);
    assert.deepEqual(page.panel.view.actions, ['stop']);
    await page.act('stop');
    await run;
    const stopped = page.panel.view;
    assert.equal(stopped.state.kind, 'stopped');
    assert.equal(stopped.comparison?.inputs, 1);
    assert.equal(stopped.actions[0], 'resume');
    await page.act('resume');
    await until('it is done', () => page.panel.view.state.kind === 'done');
    assert.equal(page.panel.view.comparison?.inputs, 2);
    assert.equal(prompts.length, 5);
    assert.equal(new Set(prompts).size, 4);
  });

  it('says what has become of a file that is edited or deleted under it, and takes it back', async () => {
    const [first, second] = [write('stale1.prompty', plain), write('stale2.prompty', calm)];
    const page = openPage({ first, second });
    await page.panel.start();
    assert.equal(page.panel.view.stale, null);
    const edit = new WorkspaceEdit();
    edit.insert(second, new Position(7, 0), 'More.\n');
    await workspace.openTextDocument(second);
    await workspace.applyEdit(edit);
    await until('it is stale', () => /stale2.prompty has changed/.test(page.panel.view.stale ?? ''));
    await window.showTextDocument(second);
    await commands.executeCommand('workbench.action.files.revert');
    await until('it is not stale any more', () => page.panel.view.stale === null);
    rmSync(first.fsPath);
    await until('it is gone', () => /stale1.prompty has been deleted/.test(page.panel.view.stale ?? ''));
    assert.equal(page.panel.view.comparison?.inputs, 2);
    await page.panel.start();
    const { state } = page.panel.view;
    assert.ok(state.kind === 'failed');
    assert.match(state.message, /stale1.prompty/);
  });

  it('refuses a model that lies in a workspace that is not trusted', async () => {
    const root = workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    const [first, second] = [write('five.prompty', plain), write('six.prompty', calm)];
    const original = Object.getOwnPropertyDescriptor(workspace, 'isTrusted');
    assert.ok(original);
    await setSetting('rewardModel', join(root, 'model'));
    Object.defineProperty(workspace, 'isTrusted', { ...original, get: () => false });
    try {
      const page = openPage({ first, second });
      await page.panel.start();
      const { state } = page.panel.view;
      assert.ok(state.kind === 'failed');
      assert.equal(state.code, 'permission');
      assert.match(state.message, /not trusted/);
    } finally {
      Object.defineProperty(workspace, 'isTrusted', original);
      await setSetting('rewardModel', undefined);
    }
  });

  it('comes back as it was, says what has changed meanwhile, and can go on', async () => {
    const [first, second] = [write('back1.prompty', plain), write('back2.prompty', calm)];
    let calls = 0;
    const flaky: Generator = {
      label: 'echo',
      generate: (...args) => {
        calls += 1;
        if (calls === 4) return Promise.reject(new AlidadeError({ code: 'device', message: 'lost' }));
        return echo.generate(...args);
      },
    };
    const before = openPage({ first, second, openGenerator: () => Promise.resolve(flaky) });
    await before.panel.start();
    before.panel.dispose();
    write('back1.prompty', plain.replace('sea', 'lake'));
    const after = openPage({ first, second });
    assert.equal(after.panel.view.state.kind, 'idle');
    await after.panel.restore();
    const { state, comparison, stale } = after.panel.view;
    assert.equal(state.kind, 'failed');
    assert.equal(comparison?.inputs, 1);
    assert.match(stale ?? '', /back1.prompty has changed/);
    await after.act('resume');
    await until('it is done', () => after.panel.view.state.kind === 'done');
    assert.equal(after.panel.view.comparison?.inputs, 2);
    const other = openPage({ first: second, second: first });
    await other.panel.restore();
    assert.equal(other.panel.view.state.kind, 'idle');
  });

  it('scores the others when one answer is empty or cannot be scored', async () => {
    const [first, second] = [write('bad1.prompty', plain), write('bad2.prompty', plain.replace('sea', 'sky'))];
    const page = openPage({
      first,
      second,
      openGenerator: () =>
        Promise.resolve<Generator>({
          label: 'odd',
          generate: () =>
            Promise.resolve(['', 'a good one', 'far too long'].map((text) => ({ text, finishReason: 'stop' }))),
        }),
      scores: {
        explain: (row) =>
          JSON.stringify(row).includes('far too long')
            ? Promise.reject(new AlidadeError({ code: 'too_long', message: 'longer than the context' }))
            : Promise.resolve(explained(row)),
      },
    });
    await page.panel.start();
    const { state, inputs, comparison } = page.panel.view;
    assert.equal(state.kind, 'done');
    const [empty, good, long] = inputs[0]?.first.answers ?? [];
    assert.match(empty?.problem ?? '', /empty/);
    assert.equal(good?.score, 'a good one'.length);
    assert.equal(long?.problem, 'longer than the context');
    assert.deepEqual(comparison?.answers, { first: 2, second: 2 });
  });

  it('shows the rendered prompts in a diff, and the breakdowns of answers, the named one first', async () => {
    const [first, second] = [write('diff1.prompty', plain), write('diff2.prompty', calm)];
    const shown: ScorableRow[] = [];
    const names: string[] = [];
    const page = openPage({
      first,
      second,
      breakdown: {
        showRow: ({ row, names: given = [] }) => {
          shown.push(row);
          names.push(...given);
          return Promise.resolve();
        },
      },
    });
    await page.panel.start();
    const ready = (await page.request(comparisonReady.method, [null])) as { readonly view: ComparisonView };
    assert.equal(ready.view.state.kind, 'done');
    await page.request(explainAnswers.method, { input: 0, side: 'second', answer: 1 });
    const [row] = shown;
    assert.ok(row?.kind === 'list');
    const replies = row.responses.map((input) => (input.kind === 'messages' ? input.messages.at(-1)?.content : ''));
    assert.deepEqual(
      replies.map((text) => text?.slice(0, 2)),
      ['1:', '0:'],
    );
    assert.deepEqual(names, ['Answer 2', 'Answer 1']);
    await page.request(showTextDifference.method, { input: 0 });
    const tab = await until('the diff is open', () => {
      const { activeTab } = window.tabGroups.activeTabGroup;
      return activeTab?.input instanceof TabInputTextDiff ? activeTab : null;
    });
    assert.ok(tab.input instanceof TabInputTextDiff);
    const [left, right] = [tab.input.original, tab.input.modified].map((uri) => workspace.openTextDocument(uri));
    assert.equal((await left)?.getText(), 'user:\nTell me about the sky.\n');
    assert.equal((await right)?.getText(), 'user:\nTell me about the sky, calmly.\n');
    await assert.rejects(page.request(showTextDifference.method, { input: 99 }), /not there any more/);
  });

  it('does not go on with another generator than it began with', async () => {
    const [first, second] = [write('other1.prompty', plain), write('other2.prompty', calm)];
    let label = 'one';
    let calls = 0;
    const page = openPage({
      first,
      second,
      openGenerator: () =>
        Promise.resolve<Generator>({
          label,
          generate: (messages, options, context) => {
            calls += 1;
            if (calls === 2) return Promise.reject(new AlidadeError({ code: 'device', message: 'lost' }));
            return echo.generate(messages, options, context);
          },
        }),
    });
    await page.panel.start();
    assert.equal(page.panel.view.state.kind, 'failed');
    label = 'another';
    await page.act('resume');
    const { state } = await until('it is refused', () => {
      const { view } = page.panel;
      return view.state.kind === 'failed' && view.state.message !== 'lost' ? view : null;
    });
    assert.ok(state.kind === 'failed');
    assert.match(state.message, /settings of the generator have changed/);
  });

  it('writes everything as JSON or CSV, and nothing under another ending', async () => {
    const record: ComparisonRecord = {
      first: { name: 'a', detail: '' },
      second: { name: 'b', detail: '' },
      ...{ generation: null, model: null, inputs: [] },
    };
    const target = (name: string): Uri => Uri.file(join(folder, name));
    await writeComparison(record, target('out.json'));
    assert.equal((JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as ComparisonRecord).first.name, 'a');
    await writeComparison(record, target('out.CSV'));
    assert.match(readFileSync(join(folder, 'out.CSV'), 'utf8'), /^input,version,answer,score,/);
    await assert.rejects(writeComparison(record, target('out.txt')), AlidadeError);
  });
});
