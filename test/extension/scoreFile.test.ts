import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tab } from 'vscode';
import { commands, Position, TabInputWebview, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import type { RunRecord } from '../../src/extension/run/runRecord';
import type { RunTarget } from '../../src/extension/commands';
import { DataDocuments } from '../../src/extension/promptFile/dataDocuments';
import { openSourceRow } from '../../src/extension/dataset/openSourceRow';
import type { DatasetView } from '../../src/protocol/datasetView';
import { activated, pairRow, setSetting, until, useBench } from './workbench';

describe('scoring a file', function () {
  this.timeout(60_000);
  const bench = useBench();

  afterEach(async () => {
    const { runs } = await activated();
    for (const { id } of runs()) await commands.executeCommand('alidade.stopRun', { run: { id } } satisfies RunTarget);
    await commands.executeCommand('workbench.action.closeAllEditors');
  });

  function pageTabs(): Tab[] {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    return tabs.filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('alidade.dataset'));
  }

  function somePairs(count: number): readonly unknown[] {
    return Array.from({ length: count }, (_, index) => ({ ...pairRow, id: `row ${index}`, chosen: `Blue ${index}.` }));
  }

  /** The newest run, once it is in this state. */
  async function runIn(kind: RunRecord['state']['kind']): Promise<RunRecord> {
    const { runs } = await activated();
    return until(`the run is ${kind}`, () => (runs()[0]?.state.kind === kind ? runs()[0] : null));
  }

  async function viewOf({ id }: RunRecord): Promise<DatasetView | null> {
    return (await activated()).dataset(id);
  }

  it('scores the file in the active editor, and shows its scores in a page', async () => {
    await bench.open('active.jsonl', [...somePairs(20), { id: 'broken', prompt: 'x', chosen: 'y' }]);
    await commands.executeCommand('alidade.scoreFile');
    const run = await runIn('done');
    assert.ok(run.input.endsWith('active.jsonl'));
    await until('the page is open', () => pageTabs().length === 1);
    assert.equal(pageTabs()[0]?.label, 'Scores of active.jsonl');
    const view = await until('the page has the scores', async () => {
      const shown = await viewOf(run);
      return shown?.overview?.rows === 21 && shown.run.state.kind === 'done' ? shown : null;
    });
    assert.equal(view.overview?.pairs?.n, 20);
    assert.equal(view.overview.kinds.error, 1);
    assert.equal(view.run.model?.name, 'tiny');
    assert.deepEqual(view.actions.slice(0, 2), ['saveAs', 'openOutput']);
    assert.equal(view.sourceProblem, null);
  });

  it('scores the file that was pointed at, and writes nothing beside it', async () => {
    const path = join(bench.folder, 'pointed.jsonl');
    writeFileSync(
      path,
      somePairs(3)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const before = readFileSync(path, 'utf8');
    await commands.executeCommand('alidade.scoreFile', Uri.file(path));
    const run = await runIn('done');
    assert.equal(run.input, path);
    assert.equal(readFileSync(path, 'utf8'), before);
    for (const ending of ['.part', '.journal', '.scores.jsonl']) assert.equal(existsSync(path + ending), false);
    await commands.executeCommand('alidade.openRunOutput', { run: { id: run.id } });
    const output = await until('the output is open', () => window.activeTextEditor?.document);
    assert.equal(output.getText().trim().split('\n').length, 3);
  });

  it('uses one page for a run, and another one for another run', async () => {
    await bench.open('twice.jsonl', somePairs(3));
    await commands.executeCommand('alidade.scoreFile');
    const first = await runIn('done');
    await until('the page is open', () => pageTabs().length === 1);
    await commands.executeCommand('alidade.openRun', { run: { id: first.id } });
    assert.equal(pageTabs().length, 1);
    await commands.executeCommand('alidade.repeatRun', { run: { id: first.id } });
    await until('there is another run', async () => (await activated()).runs()[0]?.id !== first.id);
    await runIn('done');
    await until('two pages are open', () => pageTabs().length === 2);
  });

  it('stops and resumes a run, and its page offers what can be done', async () => {
    await bench.open('long.jsonl', somePairs(3000));
    await commands.executeCommand('alidade.scoreFile');
    const { id } = await until('the model is open', async () => {
      const [run] = (await activated()).runs();
      return run?.state.kind === 'running' && run.model !== null ? run : null;
    });
    await commands.executeCommand('alidade.stopRun', { run: { id } });
    assert.equal((await runIn('stopped')).id, id);
    await commands.executeCommand('alidade.resumeRun', { run: { id } });
    await until('it runs again', async () => (await activated()).runs()[0]?.state.kind === 'running');
    await commands.executeCommand('alidade.stopRun', { run: { id } });
    assert.deepEqual((await viewOf(await runIn('stopped')))?.actions, ['resume', 'openSource']);
  });

  it('marks a run as interrupted when the scoring process dies, and goes on with it', async () => {
    const api = await activated();
    await bench.open('killed.jsonl', somePairs(1500));
    await commands.executeCommand('alidade.scoreFile');
    await until('the model is open', () => api.runs()[0]?.model);
    const state = api.sidecarState();
    assert.ok(state.kind === 'running');
    process.kill(state.pid, 'SIGKILL');
    const { id } = await runIn('interrupted');
    await commands.executeCommand('alidade.resumeRun', { run: { id } });
    const done = await until('it is done', () => (api.runs()[0]?.state.kind === 'done' ? api.runs()[0] : null), 45_000);
    assert.ok(done.state.kind === 'done' && done.state.summary.rows === 1500);
  });

  it('says that the file has changed, and finds a row that has moved', async () => {
    const editor = await bench.open('moved.jsonl', somePairs(5));
    await commands.executeCommand('alidade.scoreFile');
    const run = await runIn('done');
    const edit = new WorkspaceEdit();
    edit.insert(editor.document.uri, new Position(0, 0), '\n\n');
    await workspace.applyEdit(edit);
    await editor.document.save();
    await commands.executeCommand('alidade.openRun', { run: { id: run.id } });
    await until('the page says so', async () => /has changed/.test((await viewOf(run))?.sourceProblem ?? ''), 20_000);
    const documents = new DataDocuments();
    const shown = { path: run.input, id: 'row 3', line: 3, focus: true, pageColumn: undefined };
    assert.equal(await openSourceRow(documents, shown), true);
    assert.equal(window.activeTextEditor?.selection.active.line, 5);
    assert.equal(await openSourceRow(documents, { ...shown, id: 'gone', line: 4 }), false);
    documents.dispose();
  });

  it('starts no run with a model that is not there, but says so in the page', async () => {
    await bench.open('missing.jsonl', somePairs(2));
    await setSetting('rewardModel', `${bench.folder}/none`);
    await commands.executeCommand('alidade.scoreFile');
    const run = await runIn('failed');
    await setSetting('rewardModel', bench.model);
    assert.ok(run.state.kind === 'failed' && run.state.code === 'not_found');
    const view = await viewOf(run);
    assert.deepEqual(view?.actions, ['resume', 'chooseModel', 'showLog']);
  });
});
