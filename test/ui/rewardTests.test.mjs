// Reward tests in the Test Explorer: one that passes, and one that fails and shows why.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';

const testFile = `model: starter
dtype: f32

tests:
  - name: an answer about the question passes
    prompt: How do I descale a kettle?
    response: Fill it with equal parts of vinegar and water, let it stand for an hour, then boil and rinse it twice.
    expect:
      objectives:
        on-topic: { min: 0.5 }
  - name: word salad fails
    prompt: How do I descale a kettle?
    response: Kettle the of which then, penguin.
    expect:
      score: { min: 0.9 }
`;

describe('reward tests', function () {
  this.timeout(120_000);
  const bench = useWorkbench();
  let page;
  let workbench;
  before(() => {
    ({ page, workbench } = bench);
    writeFileSync(join(bench.server.workspace, 'kettle.reward.yaml'), testFile);
  });

  const test = (name) => page.locator('.test-explorer .monaco-list-row', { hasText: name }).first();

  it('stand in the Test Explorer, under their files', async () => {
    await workbench.openFile('kettle.reward.yaml');
    await workbench.command('Testing: Focus on Test Explorer View');
    await expectVisible(test('kettle.reward.yaml'), 'the file in the Test Explorer', 30_000);
    await expectVisible(test('houseplant.reward.yaml'), 'the other file', 30_000);
  });

  it('run, and say which failed', async () => {
    await page.locator('.monaco-editor .view-line', { hasText: 'model:' }).first().click();
    await workbench.command('Test: Run Tests in Current File');
    const failed = page.locator('.test-explorer .monaco-list-row:has(.codicon-testing-failed-icon)', {
      hasText: 'word salad',
    });
    await test('kettle.reward.yaml').click();
    await page.keyboard.press('ArrowRight');
    await expectVisible(failed, 'the test that fails', 90_000);
    const passed = page.locator('.test-explorer .monaco-list-row:has(.codicon-testing-passed-icon)', {
      hasText: 'passes',
    });
    await expectVisible(passed, 'the test that passes');
  });

  it('show what was expected and what was scored', async () => {
    await test('word salad').click();
    const message = page.locator('.test-output-peek, .test-output-content', { hasText: /0\.9/ }).first();
    await expectVisible(message, 'the message of the failure', 30_000);
    await bench.shoot('reward tests');
    assert.ok((await page.locator('.monaco-diff-editor:visible').count()) > 0, 'expected and actual side by side');
  });
});
