// Writes what a drive merges: two tiny models of one shape, made by the fixture that the other tests use.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repository } from '../workbench/paths.mjs';

/** @returns {Promise<{before: string, after: string}>} the two folders, `sft` and `rlhf` below the given one. */
export async function writeMergePair(params) {
  const outfile = join(repository, 'out', 'mergePair.cjs');
  await build({
    absWorkingDir: repository,
    entryPoints: ['test/fixtures/mergePair.ts'],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'silent',
  });
  return createRequire(import.meta.url)(outfile).writeMergePair(params);
}
