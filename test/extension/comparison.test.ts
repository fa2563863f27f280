import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { commands, ConfigurationTarget, TabInputWebview, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import type { ComparisonState, ComparisonView } from '../../src/protocol/comparisonView';
import { writeGatedModel } from '../fixtures/gatedModel';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../fixtures/tinyModel';
import { activated, setSetting, until, useBench } from './workbench';

const prompty = (body: string, sample: string): string =>
  `---\nname: A test\nsample:\n  ${sample}\n---\nuser:\n${body}\n`;
const plain = prompty('Tell me about {{topic}}.', 'topic: the sea');
const calm = prompty('Tell me about {{topic}}, calmly.', 'topic: the sky');

describe('comparing versions of a prompt', function () {
  this.timeout(60_000);
  const bench = useBench();
  let server: Server;
  /** What the endpoint is asked, one text a request. */
  let asked: string[] = [];
  /** Requests that are answered; the others fail. */
  let patience = Infinity;

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { messages, n } = JSON.parse(body) as { messages: { content: string }[]; n: number };
        asked.push(messages[0]?.content ?? '');
        const isAnswered = asked.length <= patience;
        response.writeHead(isAnswered ? 200 : 500, { 'content-type': 'application/json' });
        const choices = Array.from({ length: n }, (_, index) => ({
          message: { role: 'assistant', content: `Answer ${index} to ${messages[0]?.content ?? ''}` },
          finish_reason: 'stop',
        }));
        response.end(JSON.stringify(isAnswered ? { choices } : { error: { message: 'out of breath' } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await setSetting('generator.source', 'endpoint');
    await setSetting('generator.endpoint', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await setSetting('generator.answers', 2);
    await setSetting('generator.maxNewTokens', 12);
    await workspace.getConfiguration('git').update('enabled', true, ConfigurationTarget.Global);
    await workspace
      .getConfiguration('git')
      .update('openRepositoryInParentFolders', 'always', ConfigurationTarget.Global);
  });

  beforeEach(() => {
    asked = [];
    patience = Infinity;
  });

  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  after(async () => {
    for (const name of ['source', 'endpoint', 'answers', 'maxNewTokens'] as const) {
      await setSetting(`generator.${name}`, undefined);
    }
    await workspace.getConfiguration('git').update('enabled', undefined, ConfigurationTarget.Global);
    await workspace
      .getConfiguration('git')
      .update('openRepositoryInParentFolders', undefined, ConfigurationTarget.Global);
    await new Promise((resolve) => server.close(resolve));
  });

  function write(name: string, text: string): Uri {
    const path = join(bench.folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return Uri.file(path);
  }

  function repository(name: string, files: Readonly<Record<string, string>>): string {
    const folder = join(bench.folder, name);
    mkdirSync(folder);
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], { cwd: folder });
    };
    git('init', '--quiet');
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    if (0 < Object.keys(files).length) {
      git('add', '.');
      git('commit', '--quiet', '-m', 'First');
    }
    return folder;
  }

  /** The page that was opened last, once it is in this state. */
  async function viewIn(kind: ComparisonState['kind'], title?: string): Promise<ComparisonView> {
    const { comparisons } = await activated();
    let last: ComparisonView | undefined;
    return until(
      `the comparison is ${kind}`,
      () => {
        last = comparisons().findLast((view) => title === undefined || view.title === title);
        if (last?.state.kind === 'failed' && kind !== 'failed') assert.fail(last.state.message);
        return last?.state.kind === kind ? last : null;
      },
      45_000,
    );
  }

  describe('two files', () => {
    it('answers and scores the inputs of both with both, in a page of its own', async () => {
      const [first, second] = [write('one.prompty', plain), write('two.prompty', calm)];
      await commands.executeCommand('alidade.compareVersions', second, [first, second]);
      const view = await viewIn('done');
      assert.equal(view.title, 'one.prompty and two.prompty');
      const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
      const pages = tabs.filter(
        ({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('alidade.comparison'),
      );
      assert.deepEqual(
        pages.map(({ label }) => label),
        ['Versions of one.prompty and two.prompty'],
      );
      assert.deepEqual(asked.sort(), [
        'Tell me about the sea, calmly.',
        'Tell me about the sea.',
        'Tell me about the sky, calmly.',
        'Tell me about the sky.',
      ]);
      assert.equal(view.inputs.length, 2);
      assert.equal(new Set(view.inputs.map(({ name }) => name)).size, 2);
      for (const { first: a, second: b } of view.inputs) {
        for (const { state, answers } of [a, b]) {
          assert.equal(state, 'done');
          assert.equal(answers.length, 2);
          assert.ok(answers.every(({ score }) => Number.isFinite(score)));
        }
      }
      assert.equal(view.comparison?.inputs, 2);
      assert.equal(view.comparison.basis, 'inputs');
      assert.deepEqual(
        view.comparison.objectives.map(({ name }) => name),
        ['helpful', 'brief'],
      );
      assert.equal(view.model?.name, 'tiny');
      assert.equal(view.profiles.length, 0);
      assert.deepEqual(view.actions, ['runAgain', 'save', 'copyJson', 'copyCsv']);
    });

    it('tells variables that only one version has, and inputs that lack a value', async () => {
      const first = write('less.prompty', plain);
      const second = write('more.prompty', prompty('{{topic}}, {{tone}}', 'topic: tides\n  tone: dry'));
      await commands.executeCommand('alidade.compareVersions', second, [first, second]);
      const view = await viewIn('done');
      assert.ok(view.notes.includes('Only more.prompty has the variable tone.'), view.notes.join('\n'));
      const [complete, lacking] = view.inputs;
      assert.deepEqual([complete?.first.state, complete?.second.state], ['done', 'done']);
      assert.equal(lacking?.first.state, 'done');
      assert.equal(lacking.second.state, 'failed');
      assert.match(lacking.second.problem ?? '', /`tone` has no value/);
      assert.equal(view.comparison?.inputs, 1);
      assert.notEqual(view.comparison.basis, 'inputs');
    });

    it('names the version, the line and the fault where the front matter is broken', async () => {
      const first = write('broken.prompty', '---\nname: "never closed\nsample: [1\n---\nuser:\nHello\n');
      const second = write('whole.prompty', plain);
      await commands.executeCommand('alidade.compareVersions', second, [first, second]);
      const { state, inputs, actions } = await viewIn('failed');
      assert.ok(state.kind === 'failed');
      assert.equal(state.code, 'format');
      assert.match(state.message, /^broken\.prompty, line \d+: /);
      assert.deepEqual(inputs, []);
      assert.equal(actions[0], 'runAgain');
      assert.deepEqual(asked, []);
      write('broken.prompty', calm);
      await commands.executeCommand('alidade.compareVersions', second, [first, second]);
      await viewIn('done');
    });

    it('says which file is not there', async () => {
      const second = write('there.prompty', plain);
      const missing = Uri.file(join(bench.folder, 'missing.prompty'));
      await commands.executeCommand('alidade.compareVersions', second, [missing, second]);
      const { state } = await viewIn('failed');
      assert.ok(state.kind === 'failed');
      assert.equal(state.message, 'missing.prompty cannot be opened');
    });

    it('keeps what was answered when the generator fails half-way', async () => {
      patience = 3;
      const [first, second] = [write('three.prompty', plain), write('four.prompty', calm)];
      await commands.executeCommand('alidade.compareVersions', second, [first, second]);
      const { state, inputs, comparison, actions } = await viewIn('failed');
      assert.ok(state.kind === 'failed');
      assert.match(state.message, /out of breath|500/);
      const cells = inputs.flatMap((input) => [input.first.state, input.second.state]);
      assert.deepEqual(cells, ['done', 'done', 'done', 'waiting']);
      assert.equal(comparison?.inputs, 1);
      assert.ok(actions.includes('resume') && actions.includes('save'));
    });

    it('answers on this machine with a local model, and shows what a gate weighs', async () => {
      const [gated, speaking] = [join(bench.folder, 'gated'), join(bench.folder, 'speaking')];
      writeGatedModel(gated);
      writeTinyModel({ folder: speaking, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
      await setSetting('rewardModel', gated);
      await setSetting('generator.source', 'local');
      await setSetting('generator.model', speaking);
      try {
        const [first, second] = [write('seven.prompty', plain), write('eight.prompty', calm)];
        await commands.executeCommand('alidade.compareVersions', second, [first, second]);
        const view = await viewIn('done');
        assert.deepEqual(asked, []);
        assert.equal(view.generation?.label, 'speaking, on this machine');
        assert.equal(view.profiles.length, 3);
        assert.ok(view.profiles.some(({ first: a, second: b }) => a.gate !== b.gate));
        assert.equal(view.model?.headKind, 'gated');
      } finally {
        await setSetting('rewardModel', bench.model);
        await setSetting('generator.source', 'endpoint');
        await setSetting('generator.model', undefined);
      }
    });
  });

  describe('a file against its last commit', () => {
    it('compares the committed text with the unsaved one, and shows both in a diff', async () => {
      const folder = repository('repository', { 'kept.prompty': plain });
      const uri = Uri.file(join(folder, 'kept.prompty'));
      const document = await workspace.openTextDocument(uri);
      const edit = new WorkspaceEdit();
      edit.insert(uri, document.positionAt(document.getText().indexOf('Tell')), 'Please: ');
      await workspace.applyEdit(edit);
      await commands.executeCommand('alidade.compareWithHead', uri);
      const view = await viewIn('done');
      assert.deepEqual([view.title, view.first.name, view.second.name], ['kept.prompty', 'HEAD', 'working file']);
      assert.match(view.first.detail, /as committed, [0-9a-f]{7}$/);
      assert.match(view.second.detail, /not saved/);
      assert.deepEqual(asked, ['Tell me about the sea.', 'Please: Tell me about the sea.']);
      await window.showTextDocument(document);
      await commands.executeCommand('workbench.action.files.revert');
    });

    it('says that the last commit lacks a new file', async () => {
      const folder = repository('lacking', { 'other.txt': 'text' });
      const uri = write('lacking/new.prompty', plain);
      assert.ok(uri.fsPath.startsWith(folder));
      await commands.executeCommand('alidade.compareWithHead', uri);
      const { state } = await viewIn('failed');
      assert.ok(state.kind === 'failed');
      assert.equal(state.message, 'new.prompty is not in the last commit');
      assert.match(state.hint ?? '', /commit the file first/);
    });

    it('says that there is no commit, or no repository', async () => {
      repository('fresh', {});
      await commands.executeCommand('alidade.compareWithHead', write('fresh/a.prompty', plain));
      const fresh = await viewIn('failed');
      assert.ok(fresh.state.kind === 'failed');
      assert.match(fresh.state.message, /has no commit yet/);
      await commands.executeCommand('alidade.compareWithHead', write('nowhere/b.prompty', plain));
      const nowhere = await viewIn('failed', 'b.prompty');
      assert.ok(nowhere.state.kind === 'failed');
      assert.match(nowhere.state.message, /is in no Git repository/);
    });
  });

  describe('its commands', () => {
    it('refuse more than two files, and a last commit of no file', async () => {
      const { comparisons } = await activated();
      const before = comparisons().length;
      const files = ['a', 'b', 'c'].map((name) => write(`${name}.prompty`, plain));
      await commands.executeCommand('alidade.compareVersions', files[0], files);
      await commands.executeCommand('workbench.action.closeAllEditors');
      await commands.executeCommand('alidade.compareWithHead');
      assert.ok(comparisons().length <= before);
    });
  });
});
