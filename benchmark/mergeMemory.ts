import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './support/machine';
import { writeMergeModels } from './support/mergeModels';
import { alidadeCommand, measureProcess, mergeRecipes } from './support/mergeRuns';
import { printTable } from './support/table';

// Peak resident memory of `alidade merge run`, whole processes: it must not depend on the size of the models, on the method
// or, much, on the threads. Needs `npm run build` and any Python; in --folder room for five checkpoints.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      layers: { type: 'string', default: '2,22' },
      threads: { type: 'string', default: '1,2,4' },
      methods: { type: 'string', default: 'linear,slerp,ties,dare_ties,model_stock,sce,karcher,della' },
    },
  });
  if (values.folder === undefined) throw new Error('say where there is room for it: --folder DIR');
  console.log(`${describeMachine()}; peak resident memory, MB\n`);
  const threads = values.threads.split(',');
  const rows: string[][] = [];
  for (const layers of values.layers.split(',')) {
    const folder = join(values.folder, `layers-${layers}`);
    mkdirSync(folder, { recursive: true });
    const { paths, bytes } = await writeMergeModels(folder, Number(layers));
    for (const method of values.methods.split(',')) {
      const recipe = join(folder, `${method}.yml`);
      writeFileSync(recipe, mergeRecipes[method](paths));
      const output = join(folder, 'merged');
      const peaks = threads.map((count) => {
        const { peakResident } = measureProcess(alidadeCommand(recipe, output, '--threads', count), output);
        return (peakResident / 1e6).toFixed(0);
      });
      rows.push([`${(bytes / 1e9).toFixed(2)} GB`, method, ...peaks]);
    }
  }
  printTable(['model', 'method', ...threads.map((count) => `${count} threads`)], rows);
}

void main();
