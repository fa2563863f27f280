import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeLens, TextDocument } from 'vscode';
import { commands, Uri, window, workspace } from 'vscode';
import { starterPath } from '../../src/engine/checkpoint/starterFile';
import { activated, chatRow, hoverText, until } from './workbench';

/** Milliseconds: the bars are 20 and 1000, the rest is room for a machine that does other things too. */
const cachedLimit = 100;
const uncachedLimit = 5000;

describe('the starter model', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-starter-'));

  after(async () => {
    await commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(name: string, rows: readonly unknown[]): Promise<TextDocument> {
    const path = join(folder, name);
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    const document = await workspace.openTextDocument(Uri.file(path));
    await window.showTextDocument(document);
    return document;
  }

  describe('where it has been fetched', () => {
    before(async function () {
      if (!existsSync(starterPath())) this.skip();
      await activated();
      // The process of the tests before this one has another cache.
      await commands.executeCommand('alidade.restartSidecar');
    });

    it('is not fetched again', async () => {
      const begin = performance.now();
      const result = await commands.executeCommand('alidade.fetchStarter');
      assert.deepEqual(result, { path: starterPath(), wasPresent: true });
      assert.ok(performance.now() - begin < 5000);
    });

    it('scores a response of 200 tokens within the bar, and a known one at once', async () => {
      const nouns = ['harbour', 'orchard', 'library', 'kitchen', 'railway', 'theatre'];
      const rows = nouns.map((noun) => ({
        id: noun,
        messages: [
          { role: 'user', content: `Tell me about the ${noun}.` },
          { role: 'assistant', content: `The old ${noun} near the river opens in the morning. `.repeat(18) },
        ],
      }));
      const document = await open('starter.jsonl', rows);
      assert.match(await hoverText(document, 0, 'The old'), /2\d\d tokens .+ meters, not a judge of quality/);
      const uncached: number[] = [];
      const cached: number[] = [];
      for (let line = 1; line < rows.length; line += 1) {
        uncached.push(await timed(() => hoverText(document, line, 'The old')));
        cached.push(await timed(() => hoverText(document, line, 'The old')));
      }
      const [slow, fast] = [median(uncached), median(cached)];
      console.log(`hover with the starter: uncached ${slow.toFixed(0)} ms, cached ${fast.toFixed(1)} ms`);
      assert.ok(slow < uncachedLimit, `${slow} ms`);
      assert.ok(fast < cachedLimit, `${fast} ms`);
    });
  });

  describe('where it has not been fetched', () => {
    const kept = process.env['ALIDADE_CACHE'];

    before(async () => {
      await activated();
      process.env['ALIDADE_CACHE'] = join(folder, 'cache');
      await commands.executeCommand('alidade.restartSidecar');
    });

    after(async () => {
      if (kept === undefined) delete process.env['ALIDADE_CACHE'];
      else process.env['ALIDADE_CACHE'] = kept;
      await commands.executeCommand('alidade.restartSidecar');
    });

    it('is offered in the hover and in the lens', async () => {
      const row = { ...chatRow, id: 'missing' };
      const document = await open('missing.jsonl', [row]);
      assert.match(await hoverText(document, 0, 'A tiny'), /^Not scored: .+\[Fetch the starter model\]\(command:/s);
      const title = await until('the lens offers it', async () => {
        const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 9);
        return lenses.find(({ command }) => command?.command === 'alidade.fetchStarter')?.command?.title;
      });
      assert.equal(title, 'Fetch the starter model');
    });

    it('is offered by the breakdown page', async () => {
      await open('page.jsonl', [{ ...chatRow, id: 'page' }]);
      await commands.executeCommand('alidade.showBreakdown');
      const { breakdown } = await activated();
      const state = breakdown()?.state;
      assert.equal(state?.kind, 'error');
      assert.deepEqual(state.actions, ['fetchStarter']);
    });
  });
});

async function timed(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
