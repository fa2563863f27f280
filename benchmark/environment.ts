import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentPython, nodePeersFolder, peerScript, pythonFolder } from './support/peer';

// Installs the peers, pinned, under the cache folder: those in Python into a virtual environment, those for Node into a
// folder of their own.

const NODE_PEERS = { '@huggingface/transformers': '4.3.1', 'node-llama-cpp': '3.22.1' };

function main(): void {
  const python = environmentPython();
  if (!existsSync(python)) run(process.platform === 'win32' ? 'py' : 'python3', ['-m', 'venv', pythonFolder()]);
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', peerScript('requirements.txt')]);
  console.log(pythonFolder());

  const folder = nodePeersFolder();
  mkdirSync(folder, { recursive: true });
  const manifest = { name: 'peers', private: true, dependencies: NODE_PEERS };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  // Their install scripts would fetch GPU libraries; the binaries for the CPU are in the packages.
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  console.log(folder);
}

function run(command: string, args: readonly string[], cwd?: string): void {
  const shell = process.platform === 'win32'; // npm is a script there
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: status ${status}`);
}

main();
