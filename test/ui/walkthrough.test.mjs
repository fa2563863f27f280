// A newcomer: no model on the machine, a folder of their own, and the walkthrough as it is written.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';
import { startStarterMirror } from './starterMirror.mjs';

describe('a newcomer', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-newcomer-'));
  const cache = join(folder, 'cache');
  const environment = { ALIDADE_CACHE: cache, HF_HOME: join(folder, 'hub'), HF_HUB_CACHE: join(folder, 'hub', 'hub') };
  let mirror;

  before(async () => {
    mkdirSync(join(folder, 'project'));
    writeFileSync(join(folder, 'project', 'notes.md'), '# Notes\n');
    mirror = await startStarterMirror();
    Object.assign(environment, mirror.environment);
  });
  after(() => {
    mirror?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const bench = useWorkbench({ server: { workspace: join(folder, 'project'), env: environment } });
  let page;
  let workbench;
  before(() => ({ page, workbench } = bench));

  const step = (title) => page.locator('.getting-started-step', { hasText: title });
  const button = (text) =>
    page.locator('.gettingStartedContainer .button-link:visible, .gettingStartedContainer .monaco-button:visible', {
      hasText: text,
    });
  const isDone = (title) => step(title).locator('.codicon-getting-started-step-checked');

  it('is not disturbed: nothing opens, downloads or starts by itself', async () => {
    await page.waitForTimeout(2000);
    assert.equal(await page.locator('.tab').count(), 0);
    assert.deepEqual(mirror.requests, []);
    assert.equal(existsSync(cache), false);
  });

  it('finds the walkthrough in the command palette', async () => {
    await workbench.command('Alidade: Open Walkthrough');
    await expectVisible(page.getByText('Get Started with Alidade').first(), 'the walkthrough', 30_000);
    for (const title of [
      'Score a response',
      'See why',
      'Try a prompt',
      'Find labels that are wrong',
      'Write a reward test',
      'Use your own reward model',
    ]) {
      await expectVisible(step(title), `the step ${title}`);
    }
    await bench.shoot('walkthrough light');
  });

  it('fetches the starter from its first step, and sees how far it is', async () => {
    await button('Fetch the Starter Model').click();
    const file = join(cache, 'starter', 'SmolLM2-135M-Instruct.Q4_1.gguf');
    for (const end = Date.now() + 90_000; !existsSync(file) && Date.now() < end;) await page.waitForTimeout(250);
    assert.ok(existsSync(file), `the starter is not in ${readdirSync(folder)}`);
  });

  it('opens an example, is asked before anything is copied, and gets its score', async () => {
    await button('Open preferences.jsonl').click();
    const question = page.locator('.notification-toast', { hasText: 'alidade-examples' });
    await expectVisible(question, 'the question whether to copy the examples', 30_000);
    const copied = join(bench.server.workspace, 'alidade-examples');
    assert.equal(existsSync(copied), false);
    await question.getByRole('button', { name: 'Copy' }).click();
    await expectVisible(page.locator('.tab.active', { hasText: 'preferences.jsonl' }), 'the example', 30_000);
    assert.ok(readdirSync(copied).includes('reply.prompty'));
    const hover = await workbench.hover('houseplant', 'Margin', 90_000);
    assert.match(await hover.innerText(), /SmolLM2-135M-Instruct/);
    await page.keyboard.press('Escape');
  });

  it('sees that the first step is done', async () => {
    await page
      .locator('.tab', { hasText: /Welcome|Walkthrough/ })
      .first()
      .click();
    await expectVisible(isDone('Score a response').first(), 'the mark of the first step');
  });
});
