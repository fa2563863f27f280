import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/engine/checkpoint/starterFile';
import { environmentFolder, environmentPython } from './support/peer';

// Installs the peer of `scoring-speed`, pinned in requirements.txt, into a virtual environment under the cache folder.

function main(): void {
  const folder = environmentFolder();
  const python = environmentPython();
  if (!existsSync(python)) run(process.platform === 'win32' ? 'py' : 'python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', join(packageRoot(), 'benchmark', 'requirements.txt')]);
  run(python, [
    '-c',
    'import torch, transformers; print("transformers", transformers.__version__, "torch", torch.__version__)',
  ]);
  console.log(folder);
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: status ${status}`);
}

main();
