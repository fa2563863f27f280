// npm run train:starter -- --data DIR [--model M] [--cache FILE]
// Bundles trainStarterMeters.ts and runs it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'out', 'train', 'trainStarterMeters.js');
await build({
  absWorkingDir: root,
  bundle: true,
  entryPoints: ['scripts/trainStarterMeters.ts'],
  external: ['onnxruntime-node'],
  format: 'cjs',
  logLevel: 'warning',
  mainFields: ['module', 'main'],
  outfile,
  platform: 'node',
  sourcemap: 'inline',
  target: 'node20',
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
if (status === 0) {
  const prettier = join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  const card = join(root, 'media', 'starter', 'MODEL_CARD.md');
  spawnSync(process.execPath, [prettier, '--write', '--log-level=warn', card], { stdio: 'inherit' });
}
process.exitCode = status ?? 1;
