// Installs the browser workbench into test/workbench/node_modules. Safe to run again: a finished installation is left
// alone. Needs npm, no compiler and no root.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { codeServer, here, serverNode } from './paths.mjs';

const ready = join(here, 'node_modules', '.workbench-ready');

/** Why the browser workbench cannot run on this machine, or undefined. */
export function whyNoWorkbench() {
  if (process.platform === 'linux' && process.arch === 'x64') return undefined;
  return `the browser workbench is set up for linux-x64, not ${process.platform}-${process.arch}`;
}

/** @returns {boolean} whether there was anything to install */
export function installWorkbench({ log = console.error } = {}) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .update(readFileSync(join(here, 'install.mjs')))
    .digest('hex');
  if (existsSync(ready) && readFileSync(ready, 'utf8') === wanted) return false;
  log('Installing the browser workbench (once, about 800 MB on disk) …');
  rmSync(ready, { force: true });
  // The install scripts of code-server build modules that a test run never loads (Kerberos, SQLite), with tools that are
  // not everywhere, so only files are installed. The editor does without the native modules it would like to have.
  npm(['ci'], here);
  npm(['install', '--omit=dev'], join(codeServer, 'lib', 'vscode'));
  npm(['install', '--omit=dev'], join(codeServer, 'lib', 'vscode', 'extensions'));
  buildWhatIsMissed();
  for (const [link, target] of [
    ['bin/remote-cli/code-server', 'code-linux.sh'],
    ['bin/helpers/browser.sh', 'browser-linux.sh'],
  ]) {
    const path = join(codeServer, 'lib', 'vscode', link);
    rmSync(path, { force: true });
    symlinkSync(target, path);
  }
  log(
    `  ${execFileSync(serverNode, [join(codeServer, 'out/node/entry.js'), '--version'], { encoding: 'utf8' }).trim()}`,
  );
  writeFileSync(ready, wanted);
  return true;
}

/** What is missed: without the first, log channels stay empty; the second ends an extension host without a server. */
function buildWhatIsMissed() {
  const node = dirname(dirname(serverNode));
  const env = {
    ...process.env,
    PATH: `${dirname(serverNode)}${delimiter}${process.env.PATH}`,
    npm_config_nodedir: node,
  };
  try {
    const options = { cwd: join(codeServer, 'lib', 'vscode'), env, stdio: 'ignore', timeout: 3 * 60_000 };
    execFileSync('npm', ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog'], options);
  } catch {
    // No C++ compiler here: everything else works.
  }
}

function npm(args, cwd) {
  execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 15 * 60_000,
  });
}
