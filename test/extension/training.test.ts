import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeItem } from 'vscode';
import { commands, TabInputWebview, window, workspace } from 'vscode';
import { ModelsTree } from '../../src/extension/checkpoint/modelsTree';
import { HeadRunItem } from '../../src/extension/training/headRunItem';
import { HeadRuns } from '../../src/extension/training/headRuns';
import { HeadRunStore } from '../../src/extension/training/headRunStore';
import { SidecarClient } from '../../src/extension/sidecar/sidecarClient';
import { forkSidecar } from '../../src/extension/sidecar/forkSidecar';
import { quietContext } from '../fixtures/quietContext';
import { trainingRecipes, writeTrainingSet } from '../fixtures/trainingSet';
import { activated, extension, setSetting, until, useBench } from './workbench';

const never = new AbortController().signal;

describe('heads in the workbench', function () {
  this.timeout(120_000);
  const bench = useBench();
  let client: SidecarClient;
  let head = '';

  before(async () => {
    writeTrainingSet({ folder: bench.folder });
    head = join(bench.folder, 'tiny.safetensors');
    client = new SidecarClient({
      fork: () => forkSidecar({ script: join(extension().extensionPath, 'dist', 'sidecar.js'), nodePath: '' }),
      packageVersion: (extension().packageJSON as { readonly version: string }).version,
      logger: quietContext().logger,
      onStateChange: () => undefined,
    });
    await activated();
  });
  after(async () => {
    client.dispose();
    await setSetting('head', undefined);
  });

  it('are trained on the editor’s own Node, and listed among the runs as they go', async () => {
    const descriptions: string[] = [];
    let ended = false;
    const runs = new HeadRuns({
      process: { use: (work) => work(client) },
      store: new HeadRunStore(join(bench.folder, 'runs')),
      logger: quietContext().logger,
      onChange: (run) => descriptions.push(String(new HeadRunItem(run).description)),
      onEnd: () => (ended = true),
      now: () => Date.now(),
      interruption: 'the window was closed',
    });
    const { id } = await runs.start({
      head,
      settings: { device: 'cpu', dtype: 'f32', threads: 1 },
      job: {
        ...{ kind: 'training', recipe: join(bench.folder, 'tiny.head.yml'), text: trainingRecipes.ratings },
        ...{ folders: [bench.folder], force: false },
      },
    });
    await until('the training has ended', () => ended, 60_000);
    const run = runs.find(id);
    assert.equal(run?.state.kind, 'done', JSON.stringify(run?.state));
    assert.ok(existsSync(head));
    assert.match(descriptions[0] ?? '', /^training · waiting for its turn$/);
    assert.match(descriptions.at(-1) ?? '', /^training · in \d+ s · /);
    const item = new HeadRunItem(run);
    assert.match(String(item.contextValue), /\bheadRun\b.*\bheadDeletable\b/);
    runs.dispose();
  });

  it('are opened by their path: a page with the card, one for each head', async () => {
    const api = await activated();
    await commands.executeCommand('alidade.openHead', { head: { path: head } });
    const view = await until('the head is read', () => {
      const shown = api.training(head);
      return shown !== null && shown.head !== null ? shown : null;
    });
    assert.equal(view.subject.kind, 'head');
    assert.equal(view.head?.metadata.name, 'tiny judge');
    assert.match(view.head?.card ?? '', /tiny judge/i);
    assert.deepEqual(view.actions, ['useHead', 'evaluateHead', 'exportHead', 'openCard']);
    await commands.executeCommand('alidade.openHead', { head: { path: head } });
    const listTabs = () =>
      window.tabGroups.all
        .flatMap((group) => group.tabs)
        .filter(({ input }) => input instanceof TabInputWebview && input.viewType.includes('alidade.training'));
    // The editor lists a tab a moment after it is there.
    await until('the page has a tab', () => 0 < listTabs().length);
    assert.equal(listTabs().length, 1);
  });

  it('score rows once they are chosen, until a model is chosen in their place', async () => {
    const api = await activated();
    await setSetting('rewardModel', join(bench.folder, 'model'));
    await commands.executeCommand('alidade.useHead', { head: { path: head } });
    assert.equal(workspace.getConfiguration('alidade').get('head'), head);
    await until('the page says that it is in use', () => api.training(head)?.isInUse === true);
    assert.ok(!(api.training(head)?.actions ?? []).includes('useHead'));
    await bench.open('scored.jsonl', [
      { id: 'warm', prompt: 'What is aeo?', chosen: 'aeiouaeiou', rejected: 'bcdfgbcd' },
    ]);
    await commands.executeCommand('alidade.showBreakdown');
    const breakdown = await until('the row is scored', () => {
      const shown = api.breakdown();
      return JSON.stringify(shown).includes('tiny judge') || JSON.stringify(shown).includes('stars') ? shown : null;
    });
    assert.match(JSON.stringify(breakdown), /"stars"/);
    await commands.executeCommand('alidade.useAsRewardModel', { checkpoint: { path: bench.model, place: 'folder' } });
    await until('the head is dropped', () => workspace.getConfiguration('alidade').get('head') === '');
    assert.equal(api.training(head)?.isInUse, false);
  });

  it('stand among the models', async () => {
    const tree = new ModelsTree(
      () => Promise.resolve({ checkpoints: [], starterPresent: false }),
      async () => (await client.listHeads([bench.folder], { signal: never })).heads,
    );
    const group = (await tree.getChildren()).find(({ label }) => label === 'Heads');
    const items: readonly TreeItem[] = await tree.getChildren(group);
    assert.deepEqual(
      items.map(({ label, contextValue }) => [label, contextValue]),
      [['tiny judge', 'head headUnused']],
    );
    tree.dispose();
  });

  it('refuse what is no head, by name', async () => {
    const api = await activated();
    const path = join(bench.model, 'model.safetensors');
    await commands.executeCommand('alidade.openHead', { head: { path } });
    const view = await until('the problem is told', () => {
      const shown = api.training(path);
      return shown !== null && shown.problem !== null ? shown : null;
    });
    assert.match(view.problem?.message ?? '', /not a head file/);
    assert.deepEqual(view.actions, []);
  });
});
