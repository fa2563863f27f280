import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TabInputCustom as CustomTab } from 'vscode';
import { commands, TabInputCustom, TabInputText, Uri, window } from 'vscode';
import { CheckpointComparison } from '../../src/extension/checkpointViewer/checkpointComparison';
import { WorkProcess } from '../../src/extension/sidecar/workProcess';
import type { CheckpointState, ComparisonState } from '../../src/protocol/checkpointView';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../fixtures/tinyCheckpoint';
import { writeGguf } from '../fixtures/writeGguf';
import { writeSafetensors } from '../fixtures/writeSafetensors';
import { activated, extension, until, useBench } from './workbench';

describe('viewer of checkpoints', function () {
  this.timeout(60_000);
  const bench = useBench();
  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  function activeTab(): unknown {
    return window.tabGroups.activeTabGroup.activeTab?.input;
  }

  /** What the viewer of the file shows, once its headers are read. */
  async function shown(path: string): Promise<Exclude<CheckpointState, { kind: 'reading' }>> {
    const { checkpoint } = await activated();
    return until('the headers are read', () => {
      const state = checkpoint(path)?.state;
      return state === undefined || state.kind === 'reading' ? null : state;
    });
  }

  it('opens weight files of both formats by itself, and shows their tensors', async () => {
    const path = join(bench.folder, 'a.safetensors');
    writeFileSync(path, writeSafetensors({ metadata: { format: 'pt' }, tensors: [{ name: 'w', shape: [2, 3] }] }));
    await commands.executeCommand('vscode.open', Uri.file(path));
    const tab = await until('the tab is there', () => (activeTab() instanceof TabInputCustom ? activeTab() : null));
    assert.equal((tab as CustomTab).viewType, 'alidade.checkpoint');
    const state = await shown(path);
    assert.ok(state.kind === 'content');
    assert.deepEqual(
      state.content.tensors.map(({ name, dtype, shape }) => [name, dtype, shape]),
      [['w', 'F32', [2, 3]]],
    );
    assert.deepEqual(state.content.metadata, [{ key: 'format', value: 'pt' }]);
    const gguf = join(bench.folder, 'b.gguf');
    writeFileSync(
      gguf,
      writeGguf({ metadata: {}, tensors: [{ name: 'g', shape: [1], kind: 0, data: new Uint8Array(4) }] }),
    );
    await commands.executeCommand('vscode.open', Uri.file(gguf));
    const other = await shown(gguf);
    assert.equal(other.kind === 'content' && other.content.tensors[0].name, 'g');
  });

  it('leaves an index to the text editor, and shows all its shards when it is asked to', async () => {
    const folder = join(bench.folder, 'sharded');
    writeTinyCheckpoint({ folder, shards: 3 });
    const path = join(folder, 'model.safetensors.index.json');
    await commands.executeCommand('vscode.open', Uri.file(path));
    await until('it is text', () => activeTab() instanceof TabInputText);
    const checkpoint = { path: folder, place: 'folder' } as const;
    await commands.executeCommand('alidade.openInViewer', { checkpoint });
    const state = await shown(path);
    assert.ok(state.kind === 'content');
    assert.equal(state.content.files.length, 3);
    assert.equal(state.content.tensors.length, tinyTensors(tinyLlamaConfig).length);
    assert.deepEqual([...new Set(state.content.tensors.map(({ file }) => file))].sort(), [0, 1, 2]);
  });

  it('says where a damaged file is damaged, and shows it when it is mended', async () => {
    const path = join(bench.folder, 'damaged.safetensors');
    const bytes = writeSafetensors({ tensors: [{ name: 'w', shape: [100] }] });
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 8);
    await commands.executeCommand('vscode.open', Uri.file(path));
    const state = await shown(path);
    assert.ok(state.kind === 'failed');
    assert.match(state.failure.message, /damaged\.safetensors, tensor w, byte \d+: data_offsets end at 400/);
    writeFileSync(path, bytes);
    // A watcher of a folder outside the workspace takes a moment to begin.
    const again = setInterval(() => writeFileSync(path, bytes), 1500);
    try {
      await until('the file is read again', async () => (await shown(path)).kind === 'content');
    } finally {
      clearInterval(again);
    }
  });

  it('compares with another checkpoint, layer by layer, and keeps what it has when it is stopped', async () => {
    const [first, second] = ['first', 'second'].map((name) => join(bench.folder, name));
    mkdirSync(first, { recursive: true });
    writeTinyCheckpoint({ folder: first });
    const tensors = tinyTensors(tinyLlamaConfig).map((tensor) =>
      tensor.name.startsWith('model.layers.1.')
        ? { ...tensor, data: (tensor.data as Float32Array).map((value) => 2 * value) }
        : tensor,
    );
    writeTinyCheckpoint({ folder: second, tensors });
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const { extensionPath, packageJSON } = extension();
    const context = { extensionPath, extension: { packageJSON } } as ConstructorParameters<
      typeof WorkProcess
    >[0]['context'];
    const process = new WorkProcess({ context, logger });
    const comparison = new CheckpointComparison(join(first, 'model.safetensors'), process);
    try {
      const states: (ComparisonState | null)[] = [];
      comparison.onDidChange(() => states.push(comparison.state));
      await comparison.start({ name: 'second', path: second });
      const state = comparison.state;
      assert.equal(state?.work.kind, 'done');
      assert.equal(state?.difference?.layerCount, 2);
      assert.deepEqual(
        [...new Set(state?.tensors.filter(({ changed }) => 0 < changed).map(({ relativeL2 }) => relativeL2))],
        [1],
      );
      assert.deepEqual([state?.total?.changedShare === 0, state?.uncompared], [false, []]);
      assert.ok(states.some((step) => step?.work.kind === 'running' && step.difference !== null));
      await comparison.start({ name: 'nowhere', path: join(bench.folder, 'nowhere') });
      assert.equal(comparison.state?.work.kind, 'failed');
      const stopped = comparison.start({ name: 'second', path: second });
      comparison.stop();
      await stopped;
      assert.equal(comparison.state?.work.kind, 'stopped');
      comparison.drop();
      assert.equal(comparison.state, null);
    } finally {
      comparison.dispose();
      process.dispose();
    }
  });
});
