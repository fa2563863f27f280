// A judge of one's own: a recipe is trained, its page says what was learnt, the head is evaluated and used.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../workbench/paths.mjs';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';

describe('a head', function () {
  this.timeout(240_000);
  const workspace = mkdtempSync(join(tmpdir(), 'alidade-head-'));
  for (const name of ['courtesy.head.yml', 'courtesy.jsonl', 'chat.jsonl']) {
    cpSync(join(repository, 'examples', name), join(workspace, name));
  }
  const bench = useWorkbench({ server: { workspace } });
  let page;
  let workbench;
  let folder;
  before(() => {
    ({ page, workbench } = bench);
    folder = bench.server.workspace;
  });
  after(() => rmSync(workspace, { recursive: true, force: true }));

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
  const text = (content) => workbench.webview().getByText(content).first();
  const button = (name) => workbench.webview().getByRole('button', { name, exact: true }).first();

  it('begins with a recipe, whose lens trains it', async () => {
    await workbench.openFile('courtesy.head.yml');
    await expectVisible(workbench.codeLens('Train…'), 'the lens that trains', 60_000);
    await workbench.codeLens('Train…').click();
    await answerDialog(join(folder, 'courtesy.safetensors'));
    await expectVisible(text('Features'), 'the stages of the training', 60_000);
    await bench.shoot('head training');
  });

  it('is shown with what length and words alone would have told', async () => {
    await expectVisible(button('Use as Head'), 'the end of the training', 180_000);
    await expectVisible(text('courtesy'), 'its objective');
    assert.ok(existsSync(join(folder, 'courtesy.safetensors')), 'the head file');
    assert.match(readFileSync(join(folder, 'courtesy.md'), 'utf8'), /72/);
    await bench.shoot('head trained');
  });

  it('is evaluated on labelled rows', async () => {
    await button('Evaluate…').click();
    await answerDialog(join(folder, 'courtesy.jsonl'));
    await expectVisible(
      page.locator('.tab.active', { hasText: 'Evaluation of' }),
      'the page of the evaluation',
      30_000,
    );
    await expectVisible(button('Open File'), 'the end of the evaluation', 120_000);
    await expectVisible(text('1.000'), 'its figure on these rows', 60_000);
    await bench.shoot('head evaluated');
  });

  it('scores rows once it is in use', async () => {
    await page.locator('.tab', { hasText: 'Head courtesy' }).first().click();
    await button('Use as Head').click();
    await workbench.openFile('chat.jsonl');
    await expectVisible(workbench.codeLens('Why?'), 'the lens Why?', 60_000);
    await workbench.codeLens('Why?').click();
    const body = workbench.webview().locator('ald-breakdown');
    await expectVisible(body.getByText('courtesy').first(), 'the objective of the head', 120_000);
    await bench.shoot('head in use');
  });
});
