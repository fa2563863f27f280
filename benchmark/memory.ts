import { describeMachine } from './support/machine';
import { runChild } from './support/runChild';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// Private memory of a process that has scored with the starter, above one that has only run a small graph. Linux only:
// /proc/self/smaps_rollup, Private_Dirty and Anonymous, after a garbage collection. Mapped weights are in neither.

interface Memory {
  readonly privateDirty: number;
  readonly anonymous: number;
  readonly resident: number;
}

const RUNS = 3;
const CASES = [
  { title: 'meters, mapped', args: ['meters', 'mapped'] },
  { title: 'meters, prepacked', args: ['meters', 'prepacked'] },
  { title: 'all layers, mapped', args: ['body', 'mapped'] },
  { title: 'all layers, prepacked', args: ['body', 'prepacked'] },
];

async function main(): Promise<void> {
  console.log(`${describeMachine()}; median of ${RUNS} processes, MB\n`);
  const own = await measure(['runtime']);
  const rows = [['runtime alone', ...show(own), '', '']];
  for (const { title, args } of CASES) {
    const memory = await measure(args);
    const above = [memory.privateDirty - own.privateDirty, memory.anonymous - own.anonymous];
    rows.push([title, ...show(memory), ...above.map(megabytes)]);
  }
  printTable(['', 'private dirty', 'anonymous', 'resident', 'private above', 'anonymous above'], rows);
}

async function measure(args: readonly string[]): Promise<Memory> {
  const runs: Memory[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push((await runChild<Memory>('privateMemory', args)).answer);
  const of = (key: keyof Memory): number => median(runs.map((memory) => memory[key]));
  return { privateDirty: of('privateDirty'), anonymous: of('anonymous'), resident: of('resident') };
}

function show({ privateDirty, anonymous, resident }: Memory): string[] {
  return [privateDirty, anonymous, resident].map(megabytes);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

void main();
