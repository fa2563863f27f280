import assert from 'node:assert/strict';
import type { Tab } from 'vscode';
import { commands, env, TabInputWebview, window } from 'vscode';
import { chatRow, pairRow, until, useBench } from './workbench';

describe('breakdown panel', function () {
  this.timeout(60_000);
  const bench = useBench();

  function panelTabs(): Tab[] {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    return tabs.filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('alidade.breakdown'));
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
