// npm run bench -- NAME [OPTIONS]
// Bundles the programs of this folder and runs the one that is named; without a name, lists them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '..');
const outdir = join(root, 'out', 'benchmark');

const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
const programs = new Map(files.map((file) => [kebab(file.slice(0, -'.ts'.length)), file]));
const [name, ...options] = process.argv.slice(2);
const program = programs.get(name);
if (program === undefined) {
  console.error(`usage: npm run bench -- NAME [OPTIONS]\nNAME is one of: ${[...programs.keys()].sort().join(', ')}`);
  process.exit(2);
}

const children = readdirSync(join(folder, 'children')).map((file) => `benchmark/children/${file}`);
await build({
  absWorkingDir: root,
  bundle: true,
  entryPoints: [`benchmark/${program}`, ...children],
  external: ['onnxruntime-node', 'esbuild', 'playwright-core'],
  format: 'cjs',
  logLevel: 'warning',
  mainFields: ['module', 'main'],
  outbase: join(root, 'benchmark'),
  outdir,
  platform: 'node',
  sourcemap: 'inline',
  target: 'node20',
});
const script = join(outdir, program.replace(/\.ts$/, '.js'));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', script, ...options], { stdio: 'inherit' });
process.exitCode = status ?? 1;

function kebab(camelCase) {
  return camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
