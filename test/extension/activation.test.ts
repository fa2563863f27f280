import assert from 'node:assert/strict';
import { commands, languages, workspace } from 'vscode';
import { commandIds } from '../../src/extension/commands';
import { extension, useBench, pairRow, until } from './workbench';

describe('activation', () => {
  const bench = useBench();

  it('comes with the window, and starts no process, also for a data file', async () => {
    await until('the extension is active', () => extension().isActive);
    assert.equal(extension().exports.sidecarState().kind, 'stopped');
    const { document } = await bench.open('activation.jsonl', [pairRow]);
    assert.equal(document.languageId, 'jsonl');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(extension().exports.sidecarState().kind, 'stopped');
  });

  it('registers every command of the table', async () => {
    const registered = new Set(await commands.getCommands(true));
    assert.deepEqual(
      commandIds.filter((id) => !registered.has(id)),
      [],
    );
  });

  it('knows .ndjson as JSON Lines too', async () => {
    assert.ok((await languages.getLanguages()).includes('jsonl'));
    const { document } = await bench.open('activation.ndjson', [pairRow]);
    assert.equal(document.languageId, 'jsonl');
  });

  it('gives every setting its default', () => {
    const configuration = workspace.getConfiguration('alidade');
    assert.equal(configuration.inspect('rewardModel')?.defaultValue, 'starter');
    assert.equal(configuration.inspect('lens.autoScore')?.defaultValue, 'whenFast');
  });
});
