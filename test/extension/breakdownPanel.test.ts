import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Tab } from 'vscode';
import { commands, ConfigurationTarget, env, Selection, TabInputWebview, window, workspace } from 'vscode';
import type { BreakdownView } from '../../src/protocol/breakdownView';
import { keepWeights } from '../../src/extension/reward/keepWeights';
import { activated, chatRow, hoverText, pairRow, setSetting, until, useBench } from './workbench';

describe('breakdown panel', function () {
  this.timeout(60_000);
  const bench = useBench();

  function panelTabs(): Tab[] {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    return tabs.filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('alidade.breakdown'));
  }

  afterEach(() => setSetting('weights', undefined));

  /** Id of the row that the page shows, once it is scored. */
  async function shownRow(): Promise<string | null> {
    const { breakdown } = await activated();
    const state = breakdown()?.state;
    return state?.kind === 'row' ? state.row.id : null;
  }

  async function view(): Promise<BreakdownView | null> {
    return (await activated()).breakdown();
  }

  it('opens beside the file, once, and leaves the focus in the file', async () => {
    const { document, viewColumn } = await bench.open('panel.jsonl', [pairRow, chatRow]);
    await commands.executeCommand('alidade.showBreakdown', { uri: document.uri.toString(), line: 0, character: 0 });
    await commands.executeCommand('alidade.showBreakdown', { uri: document.uri.toString(), line: 1, character: 0 });
    const [tab] = await until('the panel is there', () => (panelTabs().length === 1 ? panelTabs() : null));
    assert.notEqual(tab?.group.viewColumn, viewColumn);
    assert.equal(window.activeTextEditor?.document, document);
  });

  it('says in its title that it is locked', async () => {
    await commands.executeCommand('alidade.toggleBreakdownLock');
    await until('the title says so', () => panelTabs()[0]?.label === 'Reward Breakdown (locked)');
    await commands.executeCommand('alidade.toggleBreakdownLock');
    await until('the title says so', () => panelTabs()[0]?.label === 'Reward Breakdown');
  });

  it('follows the cursor, and stays where it is when locked', async () => {
    const rows = ['first', 'second', 'third'].map((id) => ({ ...pairRow, id, chosen: `The ${id} answer.` }));
    const editor = await bench.open('follow.jsonl', rows);
    const moveTo = (line: number): void => {
      editor.selection = new Selection(line, 3, line, 3);
    };
    await commands.executeCommand('alidade.showBreakdown');
    await until('the first row is shown', async () => (await shownRow()) === 'first');
    moveTo(1);
    await until('the second row is shown', async () => (await shownRow()) === 'second');
    await commands.executeCommand('alidade.toggleBreakdownLock');
    assert.equal((await view())?.locked, true);
    moveTo(2);
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(await shownRow(), 'second');
    await commands.executeCommand('alidade.toggleBreakdownLock');
    moveTo(0);
    await until('the first row is shown again', async () => (await shownRow()) === 'first');
  });

  it('marks its row as stale when the text is edited elsewhere than at the cursor', async () => {
    const editor = await bench.open('stale.jsonl', [pairRow, chatRow]);
    await commands.executeCommand('alidade.showBreakdown');
    await until('the row is shown', async () => (await shownRow()) === 'colours');
    await commands.executeCommand('alidade.toggleBreakdownLock');
    const at = editor.document.positionAt(editor.document.getText().indexOf('Perhaps'));
    await editor.edit((edit) => edit.insert(at, 'Well. '));
    await until('it is stale', async () => {
      const state = (await view())?.state;
      return state?.kind === 'row' && state.stale;
    });
    await commands.executeCommand('alidade.toggleBreakdownLock');
    await commands.executeCommand('workbench.action.files.save');
  });

  it('keeps weights that were set in it, and hover and page use them', async () => {
    const { document } = await bench.open('weights.jsonl', [pairRow]);
    await commands.executeCommand('alidade.showBreakdown');
    await until('the row is shown', async () => (await shownRow()) === 'colours');
    await setSetting('weights', { other: 7 });
    await keepWeights({ weights: { helpful: 0, brief: 2 } });
    assert.deepEqual(workspace.getConfiguration('alidade').inspect('weights')?.globalValue, {
      other: 7,
      helpful: 0,
      brief: 2,
    });
    assert.match(await hoverText(document, 0, 'Blue, the'), /\| helpful \| `0` \|/);
    await until('the page has the new weights', async () => {
      const state = (await view())?.state;
      return (
        state?.kind === 'row' &&
        state.row.responses[0]?.objectives.every(
          ({ name, coefficient }) => coefficient === (name === 'helpful' ? 0 : 2),
        )
      );
    });
  });

  it('writes weights where the workspace has set them', async () => {
    const configuration = workspace.getConfiguration('alidade');
    await configuration.update('weights', { brief: 3 }, ConfigurationTarget.Workspace);
    await keepWeights({ weights: { helpful: 1 } });
    const inspected = workspace.getConfiguration('alidade').inspect('weights');
    assert.deepEqual(inspected?.workspaceValue, { brief: 3, helpful: 1 });
    assert.equal(inspected.globalValue, undefined);
    await configuration.update('weights', undefined, ConfigurationTarget.Workspace);
  });

  it('stays when its file is deleted, and says so', async () => {
    await bench.open('gone.jsonl', [pairRow]);
    await commands.executeCommand('alidade.showBreakdown');
    await until('the row is shown', async () => (await shownRow()) === 'colours');
    // The editor watches a file in a moment, and tells of nothing before.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    rmSync(join(bench.folder, 'gone.jsonl'));
    await until('it is marked', async () => {
      const state = (await view())?.state;
      return state?.kind === 'row' && state.gone === true && state.row.id === 'colours';
    });
  });

  it('is not opened for a document without rows', async () => {
    await commands.executeCommand('workbench.action.closeAllEditors');
    await bench.open('none.jsonl', [{ level: 'info' }]);
    await commands.executeCommand('alidade.showBreakdown');
    assert.equal(panelTabs().length, 0);
  });

  it('copies the score of a row as the JSON of the command line', async () => {
    const { document } = await bench.open('copy.jsonl', [pairRow]);
    await commands.executeCommand('alidade.copyRowJson', { uri: document.uri.toString(), line: 0, character: 0 });
    const row = JSON.parse(await env.clipboard.readText()) as Record<string, unknown>;
    assert.deepEqual(Object.keys(row), ['id', 'chosen', 'rejected', 'margin']);
    assert.equal(row['id'], 'colours');
  });
});
