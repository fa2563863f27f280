// What must be there before anything else runs: imports nothing but Node itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..');

// The install script of onnxruntime-node fetches CUDA libraries; what Alidade uses is in the package itself.
process.env.ONNXRUNTIME_NODE_INSTALL ??= 'skip';

export function requireNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return;
  console.error(`error: this is Node ${process.versions.node}: install Node 20.20 or newer`);
  process.exit(1);
}

/** Runs `npm ci` unless every package of the lock file is there in its version. */
export function installPackages() {
  const lock = readLock(join(repository, 'package-lock.json'));
  const installedLock = join(repository, 'node_modules', '.package-lock.json');
  const installed = existsSync(installedLock) ? readLock(installedLock) : {};
  const missing = Object.entries(lock).filter(
    ([path, entry]) => path !== '' && !entry.optional && installed[path]?.version !== entry.version,
  );
  if (missing.length === 0) return;
  console.error(`Installing ${Object.keys(lock).length - 1} packages …`);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: repository,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function readLock(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** Builds dist/ unless it is newer than everything it is made from. */
export function buildPrograms() {
  const built = join(repository, 'dist', 'cli.js');
  const sources = ['src', 'webview', 'scripts', 'esbuild.js', 'package.json', 'package-lock.json'];
  const newest = Math.max(...sources.map((source) => newestTime(join(repository, source))));
  if (existsSync(built) && newest < statSync(built).mtimeMs) return;
  console.error('Building …');
  execFileSync(process.execPath, ['esbuild.js', '--production'], { cwd: repository, stdio: 'inherit' });
}

function newestTime(path) {
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newestTime(join(path, name))));
}
