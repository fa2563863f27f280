// Runs the extension's tests inside a real VS Code: `node test/workbench/runExtensionTests.mjs`.
//
// Two launchers for one suite. Desktop: a VS Code named by VSCODE_EXECUTABLE, or downloaded by @vscode/test-electron when
// ALIDADE_VSCODE=desktop. Otherwise the browser workbench, where it is installed from npm packages alone.
// The results are in the file ALIDADE_TEST_RESULTS; nothing else counts, because the editor reports success when its
// extension host crashes.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installWorkbench, whyNoWorkbench } from './install.mjs';
import { openBrowser } from './openBrowser.mjs';
import { here, repository } from './paths.mjs';
import { startServer, workbenchUrl } from './startServer.mjs';

const tests = join(here, 'extensionTests.cjs');
const workspace = join(repository, 'examples');

export async function runExtensionTests({ resultsFile, timeoutMs = 240_000 }) {
  const env = { ALIDADE_TEST_RESULTS: resultsFile };
  const desktop =
    process.env.VSCODE_EXECUTABLE || process.env.ALIDADE_VSCODE === 'desktop' || whyNoWorkbench() !== undefined;
  if (desktop) return runInDesktop(env);
  const log = resultsFile.replace(/\.jsonl$/, '.log');
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, '');
  console.error(`  what the editor says: ${relative(repository, log)}`);
  return runInWorkbench({ env, log, timeoutMs });
}

async function runInDesktop(extensionTestsEnv) {
  const { runTests } = await import('@vscode/test-electron');
  const profile = mkdtempSync(join(tmpdir(), 'alidade-vscode-'));
  try {
    await runTests({
      ...(process.env.VSCODE_EXECUTABLE ? { vscodeExecutablePath: process.env.VSCODE_EXECUTABLE } : {}),
      extensionDevelopmentPath: repository,
      extensionTestsPath: tests,
      extensionTestsEnv,
      launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust', '--user-data-dir', profile],
    });
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

async function runInWorkbench({ env, log, timeoutMs }) {
  installWorkbench();
  const server = await startServer({ workspace, env, driver: true });
  let browser;
  try {
    const opened = await openBrowser();
    browser = opened.browser;
    const { page } = opened;
    const done = new Promise((resolve) => {
      void page.exposeFunction('codeAutomationExit', (code) => resolve(code));
      void page.exposeFunction('codeAutomationLog', (type, args) => {
        appendFileSync(log, `[${type}] ${args.map(String).join(' ')}\n`);
      });
    });
    page.on('pageerror', (error) => console.error(`  [page] ${error.message.slice(0, 300)}`));
    await page.goto(workbenchUrl(server, { development: repository, tests }));
    const timer = new Promise((resolve) => setTimeout(() => resolve('timeout'), timeoutMs).unref());
    if ((await Promise.race([done, timer])) === 'timeout') {
      await page.screenshot({ path: join(repository, 'out', 'screenshots', 'extension-tests-timeout.png') });
      throw new Error(`the tests in the extension host did not end in ${timeoutMs / 1000} s`);
    }
  } finally {
    await browser?.close();
    await server.stop();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const resultsFile = process.env.ALIDADE_TEST_RESULTS ?? join(repository, 'out', 'results', 'extension.jsonl');
  await runExtensionTests({ resultsFile });
}
