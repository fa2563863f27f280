// A preference file with a label that is the wrong way round: found, shown, and mended in the file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';

describe('the labels of a preference file', function () {
  this.timeout(120_000);
  const bench = useWorkbench();
  let page;
  let workbench;
  before(() => ({ page, workbench } = bench));

  const rowOnDisk = () => {
    const text = readFileSync(join(bench.server.workspace, 'preferences.jsonl'), 'utf8');
    const line = text.split('\n').find((candidate) => candidate.includes('"wax-stain"'));
    return JSON.parse(line);
  };
  const lastReply = (messages) => messages.at(-1).content;
  const problem = (text) => page.locator('.markers-panel .monaco-list-row', { hasText: text });

  it('are checked when they are asked for, and what contradicts them is in the Problems view', async () => {
    assert.match(lastReply(rowOnDisk().chosen), /^I'm sorry/);
    await workbench.openFile('preferences.jsonl');
    await workbench.command('Alidade: Check Labels');
    await page.keyboard.press('Control+Shift+M');
    await expectVisible(problem(/contradicted.*rejected/).first(), 'a contradicted label among the problems', 90_000);
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'Ln 13' }).first().click();
    await bench.shoot('labels problems');
  });

  it('are mended by a quick fix', async () => {
    await page
      .locator('.monaco-editor .view-line', { hasText: '"wax-stain"' })
      .first()
      .click({ position: { x: 60, y: 8 } });
    await page.keyboard.press('Control+.');
    const swap = page.locator('.action-widget .monaco-list-row', { hasText: 'Swap' }).first();
    await expectVisible(swap, 'the quick fix that swaps the two replies', 30_000);
    await bench.shoot('labels quick fix');
    await swap.click();
    await page.keyboard.press('Control+S');
    for (let attempt = 0; attempt < 60 && !lastReply(rowOnDisk().chosen).startsWith('Let'); attempt += 1) {
      await page.waitForTimeout(250);
    }
    assert.match(lastReply(rowOnDisk().chosen), /^Let the wax harden/);
    assert.match(lastReply(rowOnDisk().rejected), /^I'm sorry/);
  });

  it('are no problem any more once they are mended', async () => {
    await workbench.command('Alidade: Check Labels');
    await page
      .locator('.markers-panel .monaco-list-row', { hasText: 'Ln 13' })
      .first()
      .waitFor({ state: 'detached', timeout: 60_000 });
  });
});
