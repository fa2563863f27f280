// What the drives of the packaged extension share: one package, one server with examples/, a fresh window for each file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageExtension } from '../../scripts/package.mjs';
import { Workbench } from '../workbench/driveWorkbench.mjs';
import { installWorkbench, whyNoWorkbench } from '../workbench/install.mjs';
import { openBrowser } from '../workbench/openBrowser.mjs';
import { repository } from '../workbench/paths.mjs';
import { startServer, workbenchUrl } from '../workbench/startServer.mjs';

const screenshots = join(repository, 'out', 'screenshots');

const settings = {
  // The browser's own colour scheme chooses the theme.
  'window.autoDetectColorScheme': true,
  'workbench.preferredLightColorTheme': 'Light Modern',
  'workbench.preferredDarkColorTheme': 'Dark Modern',
  // Short answers, so that a drive takes seconds.
  'alidade.generator.answers': 3,
  'alidade.generator.maxNewTokens': 40,
};

const shared = { vsix: undefined, browser: undefined, server: undefined };

/** Of the whole run, not of one file. */
after('end the browser and the server', async () => {
  await shared.browser?.close();
  await shared.server?.stop();
});

/**
 * A window with the packaged extension for the tests of the suite, which are steps: each goes on where the one before
 * left it. It belongs to the server that all suites share, unless `server` has options of its own (see startServer).
 *
 * @returns {{page: import('playwright-core').Page, workbench: Workbench, server: object, shoot: (name: string) => Promise<void>}}
 */
export function useWorkbench({ server: own, needsStarter = true } = {}) {
  const bench = {
    shoot: (name) => bench.workbench.screenshot(join(screenshots, `${name.replace(/[^a-z0-9]+/gi, '-')}.png`)),
  };

  before('open a window', async function () {
    if (whyNoWorkbench() !== undefined) this.skip();
    this.timeout(300_000);
    installWorkbench();
    mkdirSync(screenshots, { recursive: true });
    if (needsStarter) {
      const cli = join(repository, 'dist/cli.js');
      execFileSync(process.execPath, [cli, 'starter', 'fetch', '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    shared.vsix ??= packageExtension();
    const defaults = { workspace: join(repository, 'examples'), vsix: shared.vsix };
    if (own) bench.server = await startServer({ ...defaults, ...own, settings: { ...settings, ...own.settings } });
    else bench.server = shared.server ??= await startServer({ ...defaults, settings });
    shared.browser ??= (await openBrowser()).browser;
    const context = await shared.browser.newContext({ viewport: { width: 1440, height: 900 } });
    bench.page = await context.newPage();
    await bench.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    bench.workbench = new Workbench(bench.page, workbenchUrl(bench.server));
    await bench.workbench.open();
  });

  let isBroken = false;
  beforeEach('go on where the step before left the window', function () {
    if (isBroken) this.skip();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    isBroken = true;
    await bench.shoot(`failed ${this.currentTest.title}`);
  });

  after('close the window', async () => {
    await bench.page?.context().close();
    if (own) return bench.server?.stop();
    // The extension host of a closed window ends in its own time: the next suite counts processes.
    for (let attempt = 0; bench.server && 0 < sidecars(bench.server).length && attempt < 80; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  });

  return bench;
}

/** Process ids of the sidecars that the server's extension hosts have started. */
export function sidecars(server) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return command.includes(server.profile) && command.includes('sidecar.js');
      } catch {
        return false; // It has just ended.
      }
    })
    .map(Number);
}
