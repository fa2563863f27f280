import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/engine/checkpoint/starterFile';
import type { MergeModels } from './mergeModels';
import { peerPython, peerScript } from './peer';

export interface ProcessRun {
  readonly wall: number; // seconds
  readonly cpu: number; // seconds
  readonly peakResident: number; // bytes
}

/** Recipes of two models, on a base where the method has one. */
export const mergeRecipes: Readonly<Record<string, (paths: MergeModels['paths']) => string>> = {
  linear: ({ a, b }) => average(a, b, ['0.4', '0.6']),
  // Three blocks, as HMA has them.
  hma: ({ a, b }) => average(a, b, ['[0.2, 0.5, 0.8]', '[0.8, 0.5, 0.2]']),
  slerp: ({ a, b }) =>
    lines(
      'merge_method: slerp',
      `base_model: ${a}`,
      `models: [{model: ${a}}, {model: ${b}}]`,
      'parameters: {t: [0.2, 0.8]}',
    ),
  task_arithmetic: (paths) => onBase('task_arithmetic', paths, 'weight: 0.5'),
  ties: (paths) => onBase('ties', paths, 'weight: 0.5, density: 0.5'),
  dare_ties: (paths) => onBase('dare_ties', paths, 'weight: 0.5, density: 0.5'),
  breadcrumbs: (paths) => onBase('breadcrumbs', paths, 'weight: 0.5, density: 0.5, gamma: 0.01'),
  model_stock: (paths) => onBase('model_stock', paths, ''),
  karcher: ({ a, b }) => lines('merge_method: karcher', `models: [{model: ${a}}, {model: ${b}}]`),
  della: (paths) => onBase('della', paths, 'weight: 0.5, density: 0.5'),
  sce: (paths) =>
    lines(
      'merge_method: sce',
      `base_model: ${paths.base}`,
      `models: [{model: ${paths.a}}, {model: ${paths.b}}]`,
      'parameters: {select_topk: 0.5}',
    ),
};

/** A process of its own from its start to its end, with what was written before it on the disk. @throws when it fails. */
export function measureProcess(command: readonly string[], output: string): ProcessRun {
  rmSync(output, { recursive: true, force: true });
  spawnSync('sync');
  const measured = spawnSync(peerPython(), [peerScript('measureProcess.py'), ...command], { maxBuffer: 1e8 });
  const run = JSON.parse(measured.stdout.toString()) as ProcessRun & {
    readonly status: number;
    readonly error: string;
  };
  rmSync(output, { recursive: true, force: true });
  if (run.status !== 0) throw new Error(`${command.join(' ')}: ${run.error}`);
  return run;
}

export function alidadeCommand(recipe: string, output: string, ...more: readonly string[]): readonly string[] {
  const cli = join(packageRoot(), 'dist', 'cli.js');
  if (!existsSync(cli)) throw new Error('dist/cli.js is not there: npm run build');
  return [process.execPath, cli, 'merge', 'run', recipe, output, '--quiet', ...more];
}

/** Its own fastest way on a CPU. */
export function mergekitCommand(recipe: string, output: string): readonly string[] {
  return [join(dirname(peerPython()), 'mergekit-yaml'), recipe, output, '--no-copy-tokenizer'];
}

function average(a: string, b: string, [first, second]: readonly [string, string]): string {
  const model = (path: string, weight: string): string => `  - {model: ${path}, parameters: {weight: ${weight}}}`;
  return lines('merge_method: linear', 'models:', model(a, first), model(b, second));
}

function onBase(method: string, { base, a, b }: MergeModels['paths'], parameters: string): string {
  const model = (path: string): string => `  - {model: ${path}, parameters: {${parameters}}}`;
  return lines(`merge_method: ${method}`, `base_model: ${base}`, 'models:', model(a), model(b));
}

function lines(...all: readonly string[]): string {
  return [...all, 'dtype: bfloat16', ''].join('\n');
}
