// Two models become one: a recipe of two folders, a slider, a measurement, the merge, and the result in the viewer.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';
import { writeMergePair } from './mergeModels.mjs';

const recipeName = 'rlhf-hma.merge.yml';

describe('a merge', function () {
  this.timeout(180_000);
  const workspace = mkdtempSync(join(tmpdir(), 'alidade-merge-'));
  before('make what is merged', async () => {
    mkdirSync(join(workspace, 'models'), { recursive: true });
    await writeMergePair({ folder: join(workspace, 'models') });
    const line = 'The surveyor set the alidade on the plane table and sighted the church tower. ';
    writeFileSync(join(workspace, 'book.txt'), line.repeat(8));
  });
  const bench = useWorkbench({ server: { workspace }, needsStarter: false });
  let page;
  let workbench;
  let folder;
  before(() => {
    ({ page, workbench } = bench);
    folder = bench.server.workspace;
  });
  after(() => rmSync(workspace, { recursive: true, force: true }));

  const recipe = () => readFileSync(join(folder, recipeName), 'utf8');
  const explorer = (name) => page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
  /** The dialog for files of a browser workbench. */
  const answerDialog = async (path) => {
    const input = page.locator('.quick-input-widget input.input:visible');
    await expectVisible(input, 'the question for a path', 30_000);
    // It writes its first folder into the field a moment after it is there.
    for (let attempt = 0; attempt < 40 && (await input.inputValue()) === ''; attempt += 1)
      await page.waitForTimeout(100);
    await page.waitForTimeout(300);
    await input.fill(path);
    await page.waitForTimeout(300);
    await page.keyboard.press('Enter');
  };
  const slider = () => workbench.webview().getByRole('slider').first();

  it('begins with two selected folders, of which one is the model before RLHF', async () => {
    await page.keyboard.press('Control+Shift+E');
    await expectVisible(explorer('models'), 'the folder of the models', 60_000);
    await explorer('models').click();
    await expectVisible(explorer('sft'), 'the first model', 30_000);
    await explorer('rlhf').click();
    await explorer('sft').click({ modifiers: ['Control'] });
    await explorer('sft').click({ button: 'right' });
    const entry = page.locator('.context-view .action-label', { hasText: 'New Merge…' }).first();
    await expectVisible(entry, 'New Merge… in the menu of the two folders', 15_000);
    await entry.click();
    await workbench.pick('sft');
    await expectVisible(page.locator('.tab', { hasText: recipeName }).first(), 'the new recipe', 60_000);
    assert.match(recipe(), /merge_method: linear/);
  });

  it('is previewed beside the recipe', async () => {
    await expectVisible(slider(), 'the sliders of the preview', 60_000);
    await expectVisible(workbench.webview().getByText('before RLHF').first(), 'which model is which', 15_000);
    await bench.shoot('merge preview');
  });

  it('changes with a slider: the recipe follows', async () => {
    const text = recipe();
    await slider().focus();
    for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(1500);
    await page.locator('.tab', { hasText: recipeName }).first().click();
    await page.keyboard.press('Control+S');
    for (let attempt = 0; attempt < 40 && recipe() === text; attempt += 1) await page.waitForTimeout(250);
    assert.notEqual(recipe(), text);
  });

  it('is measured without being written', async () => {
    await workbench.webview().getByRole('button', { name: 'Choose a file: Texts to read' }).click();
    await answerDialog(join(folder, 'book.txt'));
    await workbench.webview().getByRole('button', { name: 'Measure', exact: true }).click();
    await expectVisible(
      workbench
        .webview()
        .getByText(/perplexity/i)
        .first(),
      'the perplexity of the merge',
      60_000,
    );
    await bench.shoot('merge measured');
  });

  it('writes a model into a new folder', async () => {
    await workbench.webview().getByRole('button', { name: 'Merge…' }).first().click();
    await answerDialog(join(folder, 'merged'));
    const index = join(folder, 'merged', 'model.safetensors');
    for (let attempt = 0; attempt < 240 && !existsSync(index); attempt += 1) await page.waitForTimeout(250);
    assert.ok(existsSync(index), 'the merged model');
    assert.ok(readdirSync(join(folder, 'merged')).includes('tokenizer.json'));
    await expectVisible(workbench.treeRow(/merged.*kB · in /), 'the merge in the Merge view', 30_000);
    await bench.shoot('merge view');
  });

  it('opens in the viewer of checkpoints', async () => {
    const row = workbench.treeRow(/merged.*kB · in /);
    await row.hover();
    await row.locator('a[aria-label="Open Merged Model"]').first().click();
    const tensor = workbench.webview().getByText('model.layers.0.self_attn.q_proj.weight').first();
    await expectVisible(tensor, 'a tensor of the merged model', 60_000);
    await bench.shoot('checkpoint viewer');
  });
});
