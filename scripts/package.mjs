// npm run package [-- --target linux-arm64]: the extension as a .vsix for one platform (default: this one), in out/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms, repository } from './install.mjs';

/** The platforms for which onnxruntime-node has binaries. */
export const targets = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'];

const here = `${process.platform}-${process.arch}`;

/** Where the package for a platform lies once made. */
export function packageFile(target = here) {
  const { name, version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  return join(repository, 'out', `${name}-${version}-${target}.vsix`);
}

/** @returns {string} the path of the package */
export function packageExtension(target = here) {
  if (!targets.includes(target)) throw new Error(`unknown target ${target}: there are ${targets.join(', ')}`);
  buildPrograms();
  const file = packageFile(target);
  mkdirSync(join(repository, 'out'), { recursive: true });
  const allowList = readFileSync(join(repository, '.vscodeignore'), 'utf8');
  const ignoreFile = join(repository, 'out', `vscodeignore-${target}`);
  writeFileSync(ignoreFile, `${allowList}!node_modules/onnxruntime-node/bin/napi-v6/${target.replace('-', '/')}/*\n`);
  const vsce = join(repository, 'node_modules', '@vscode', 'vsce', 'vsce');
  execFileSync(
    process.execPath,
    [vsce, 'package', '--target', target, '--out', file, '--ignoreFile', ignoreFile, '--no-rewrite-relative-links'],
    { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return file;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { target: { type: 'string' } } });
  const file = packageExtension(values.target);
  console.log(`${file} (${(statSync(file).size / 1e6).toFixed(1)} MB)`);
}
