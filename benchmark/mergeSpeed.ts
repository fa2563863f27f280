import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './support/machine';
import { writeMergeModels } from './support/mergeModels';
import { alidadeCommand, measureProcess, mergekitCommand, mergeRecipes, type ProcessRun } from './support/mergeRuns';
import { interleave, median } from './support/stopwatch';
import { printTable } from './support/table';

// Merges of checkpoints of 1.1B parameters, whole processes on the same files in turn, against mergekit. Files are warm
// after the first pair, which does not count. Needs `npm run build`, mergekit beside the peers' Python, and in --folder
// room for five checkpoints (11 GB); the models stay there for the next time.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      layers: { type: 'string', default: '22' },
      rounds: { type: 'string', default: '5' },
      threads: { type: 'string', default: '2' },
      methods: { type: 'string', default: 'linear,hma,slerp,task_arithmetic,model_stock,ties,dare_ties,breadcrumbs' },
      'no-verify': { type: 'boolean', default: false },
      'no-flush': { type: 'boolean', default: false },
      'no-peer': { type: 'boolean', default: false },
    },
  });
  if (values.folder === undefined) throw new Error('say where there is room for it: --folder DIR');
  mkdirSync(values.folder, { recursive: true });
  const { paths, bytes } = await writeMergeModels(values.folder, Number(values.layers));
  const check = [...(values['no-verify'] ? ['--no-verify'] : []), ...(values['no-flush'] ? ['--no-flush'] : [])];
  console.log(
    `${describeMachine()}; ${(bytes / 1e9).toFixed(2)} GB a model, ${values.threads} threads, ` +
      `${values['no-verify'] ? 'not read again' : 'read again and checked'}, ${values['no-flush'] ? 'not ' : ''}flushed\n`,
  );
  const rows: string[][] = [];
  for (const method of values.methods.split(',')) {
    const recipe = join(values.folder, `${method}.yml`);
    writeFileSync(recipe, mergeRecipes[method](paths));
    const output = join(values.folder, 'merged');
    const contestants = [
      {
        name: 'alidade',
        run: () =>
          Promise.resolve(
            measureProcess(alidadeCommand(recipe, output, '--threads', values.threads, ...check), output),
          ),
      },
      { name: 'mergekit', run: () => Promise.resolve(measureProcess(mergekitCommand(recipe, output), output)) },
    ].slice(0, values['no-peer'] ? 1 : 2);
    const runs = await interleave(contestants, { rounds: Number(values.rounds), warmUps: 1 });
    const [ours, theirs] = ['alidade', 'mergekit'].map((name) => runs.get(name) ?? []);
    const ratios = theirs.map((run, round) => run.wall / ours[round].wall);
    rows.push([method, ...show(ours), ...show(theirs), theirs.length === 0 ? '' : median(ratios).toFixed(1)]);
  }
  const columns = (name: string): string[] => [`${name}, s`, 'CPU s', 'peak MB'];
  printTable(['method', ...columns('alidade'), ...columns('mergekit'), 'median ratio'], rows);
}

function show(runs: readonly ProcessRun[]): string[] {
  if (runs.length === 0) return ['', '', ''];
  const of = (key: keyof ProcessRun): readonly number[] => runs.map((run) => run[key]);
  return [
    median(of('wall')).toFixed(1),
    median(of('cpu')).toFixed(1),
    (Math.max(...of('peakResident')) / 1e6).toFixed(0),
  ];
}

void main();
