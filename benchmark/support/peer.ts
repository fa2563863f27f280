import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/engine/checkpoint/starterFile';
import { cacheFolder } from '../../src/engine/checkpoint/cacheFolder';

/** Where `environment` installs the Python peers. */
export function pythonFolder(): string {
  return join(cacheFolder(), 'benchmark-venv');
}

/** The Python of that folder, there or not. */
export function environmentPython(): string {
  const windows = process.platform === 'win32';
  return join(pythonFolder(), windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
}

/** Where `environment` installs the Node peers. */
export function nodePeersFolder(): string {
  return join(cacheFolder(), 'benchmark-node');
}

/** The Python that has the peers: `ALIDADE_BENCH_PYTHON`, else the environment's own. */
export function peerPython(): string {
  return given('ALIDADE_BENCH_PYTHON') ?? existing(environmentPython());
}

/** The folder whose node_modules has the Node peers: `ALIDADE_BENCH_NODE`, else the environment's own. */
export function peerNodeFolder(): string {
  return given('ALIDADE_BENCH_NODE') ?? existing(nodePeersFolder());
}

/** A file of `benchmark/peers`. */
export function peerScript(name: string): string {
  return join(packageRoot(), 'benchmark', 'peers', name);
}

/** A peer in a process of its own, which waits on a pipe while others are measured. */
export class Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static startTorch(
    threads: number,
    script: 'torchForward.py' | 'torchGate.py' | 'sklearnRidge.py' = 'torchForward.py',
  ): Peer {
    return Peer.#start(peerPython(), [peerScript(script)], { OMP_NUM_THREADS: String(threads) });
  }

  /** One of `children/`: Alidade itself, as a peer of its peers. */
  static startProgram(name: string): Peer {
    return Peer.#start(process.execPath, [join(__dirname, 'children', `${name}.js`)], {});
  }

  /** transformersJs.mjs or llamaCpp.mjs */
  static startNode(script: 'transformersJs.mjs' | 'llamaCpp.mjs'): Peer {
    return Peer.#start(process.execPath, [peerScript(script), peerNodeFolder()], {});
  }

  static #start(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Peer {
    const child = spawn(command, args, { env: { ...process.env, ...env } });
    child.stderr.on('data', (chunk: Buffer) => (process.env['ALIDADE_BENCH_LOG'] ? process.stderr.write(chunk) : null));
    return new Peer(child);
  }

  /** @throws Error with the peer's own message. */
  async ask<T>(command: { readonly op: string } & Readonly<Record<string, unknown>>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('a peer has stopped: ALIDADE_BENCH_LOG=1 shows what it says');
    const answer = JSON.parse(value) as T & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`a peer says: ${answer.error}`);
    return answer;
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

function given(variable: string): string | undefined {
  const value = process.env[variable];
  return value === undefined || value === '' ? undefined : value;
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new Error('the peers are not installed: npm run bench -- environment');
}
