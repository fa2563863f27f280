import { openRewardModel } from '../src/engine/reward/openRewardModel';
import { benchmarkContext } from './support/benchmarkContext';
import { describeMachine } from './support/machine';
import { runChild } from './support/runChild';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// From the start of a fresh process to the first score of a short pair by the starter's meters, caches warm.

type Parts = Readonly<Record<string, number>>;

const RUNS = 5;
const MODES = ['mapped', 'prepacked'] as const;

async function main(): Promise<void> {
  console.log(`${describeMachine()}; ${RUNS} processes each, seconds, best (median)\n`);
  const warm = await openRewardModel({ reference: 'starter', device: 'cpu', dtype: 'auto' }, benchmarkContext);
  await warm.release();
  const columns: string[][] = [];
  for (const mode of MODES) {
    process.env['ALIDADE_WEIGHT_MODE'] = mode;
    const runs = await repeat([]);
    const parts = await repeat(['parts']);
    columns.push([
      show(runs, 'load'),
      show(parts, 'checkpoint'),
      show(parts, 'tokenizerSource'),
      show(parts, 'tokenizer'),
      show(runs, 'open'),
      show(runs, 'firstScore'),
      show(runs, 'total'),
      show(runs, 'secondScore'),
    ]);
  }
  const titles = [
    'load Node and the code',
    '(open the checkpoint)',
    '(rebuild its tokenizer file)',
    '(create the tokenizer)',
    'open the model: all of these, device, session',
    'score the first pair',
    'start to first score',
    'a second pair, same prompt',
  ];
  printTable(
    ['', ...MODES],
    titles.map((title, row) => [title, ...columns.map((column) => column[row])]),
  );
}

async function repeat(args: readonly string[]): Promise<Parts[]> {
  const runs: Parts[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push((await runChild<Parts>('firstScore', args)).answer);
  return runs;
}

function show(runs: readonly Parts[], part: string): string {
  const values = runs.map((parts) => parts[part] ?? NaN);
  return `${Math.min(...values).toFixed(3)} (${median(values).toFixed(3)})`;
}

void main();
