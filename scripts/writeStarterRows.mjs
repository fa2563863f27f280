// npm run rows:starter
// Writes scripts/starter/rows/*.jsonl from the pieces in scripts/starter/text; a test holds them to each other.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'out', 'starter', 'writtenRows.cjs');
await build({
  absWorkingDir: root,
  bundle: true,
  entryPoints: ['scripts/starter/writtenRows.ts'],
  format: 'cjs',
  logLevel: 'warning',
  outfile,
  platform: 'node',
  target: 'node20',
});
const starter = join(root, 'scripts', 'starter');
const rows = createRequire(import.meta.url)(outfile).writtenRows(starter);
for (const [name, text] of Object.entries(rows)) {
  writeFileSync(join(starter, 'rows', `${name}.jsonl`), text);
}
