import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/engine/checkpoint/starterFile';
import { describeMachine } from './support/machine';
import { writeSparseCheckpoint } from './support/sparseCheckpoint';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// `inspect` and `models`, whole processes, on a BF16 checkpoint of the shapes of an 8B Llama in four sparse shards.

const RUNS = 7;

function main(): void {
  const parent = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  try {
    const folder = mkdtempSync(join(parent, 'llama-8b-'));
    writeSparseCheckpoint(folder);
    console.log(`${describeMachine()}; ${RUNS} processes each, seconds\n`);
    const cases = [['--version'], ['inspect', folder, '--json'], ['models', parent, '--json']];
    const rows = cases.map((args) => [args[0], ...measure(args)]);
    printTable(['alidade', 'best', 'median'], rows);
  } finally {
    rmSync(parent, { recursive: true });
  }
}

function measure(args: readonly string[]): string[] {
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [join(packageRoot(), 'dist', 'cli.js'), ...args]);
    if (status !== 0) throw new Error(`alidade ${args.join(' ')}: ${stderr.toString()}`);
    return (performance.now() - start) / 1000;
  });
  return [Math.min(...runs), median(runs)].map((value) => value.toFixed(3));
}

main();
