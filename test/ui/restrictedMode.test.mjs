// A folder that nobody has said to trust, with settings that try to choose models and programs.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../workbench/paths.mjs';
import { expectVisible } from '../workbench/expectVisible.mjs';
import { useWorkbench } from './bench.mjs';

describe('Restricted Mode', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-untrusted-'));

  before(() => {
    cpSync(join(repository, 'examples'), folder, { recursive: true });
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    const hostile = {
      'alidade.rewardModel': './hostile-model',
      'alidade.modelFolders': ['./models'],
      'alidade.nodePath': './hostile.sh',
      'alidade.generator.source': 'endpoint',
      'alidade.generator.endpoint': 'http://127.0.0.1:9/v1',
    };
    writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify(hostile));
    const test = `model: ./hostile-model
tests:
  - name: hostile
    prompt: Why?
    response: So.
    expect:
      score: { min: 0 }
`;
    writeFileSync(join(folder, 'hostile.reward.yaml'), test);
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  const bench = useWorkbench({ server: { workspace: folder, trust: true } });
  let page;
  let workbench;
  before(() => ({ page, workbench } = bench));

  it('is what the window is in, and the extension is not disabled by it', async () => {
    await expectVisible(page.locator('.statusbar-item', { hasText: 'Restricted Mode' }), 'Restricted Mode', 30_000);
    await workbench.openFile('preferences.jsonl');
    await expectVisible(workbench.statusBarItem('Starter'), 'the model of the user, not of the folder', 30_000);
    assert.equal(await workbench.statusBarItem('hostile-model').count(), 0);
  });

  it('scores with the model of the user', async () => {
    const hover = await workbench.hover('houseplant', 'Margin', 90_000);
    assert.match(await hover.innerText(), /SmolLM2-135M-Instruct/);
    await page.keyboard.press('Escape');
    await bench.shoot('restricted mode');
  });

  it('answers a prompt with the generator of the user, not at the address that the folder names', async () => {
    await workbench.openFile('reply.prompty');
    const answer = workbench.webview().locator('ald-breakdown').getByText('Answer 1').first();
    await workbench.command('Alidade: Generate and Score');
    await expectVisible(answer, 'an answer of the model on this machine', 90_000);
  });

  it('runs no test of the folder before the user says that it can be trusted', async () => {
    await workbench.openFile('hostile.reward.yaml');
    await workbench.command('Test: Run Tests in Current File');
    const question = page.locator('.monaco-dialog-box', { hasText: 'trust' });
    await expectVisible(question, "the editor's question whether the folder is trusted", 30_000);
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached', timeout: 15_000 });
    assert.equal(await page.locator('.test-explorer .codicon-testing-failed-icon').count(), 0);
  });

  it('lets the settings of the folder count once it is trusted', async () => {
    await workbench.command('Workspaces: Manage Workspace Trust');
    await page
      .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
      .first()
      .click();
    await expectVisible(workbench.statusBarItem('hostile-model'), 'the model that the folder names', 60_000);
  });
});
