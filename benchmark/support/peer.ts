import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheFolder } from '../../src/engine/checkpoint/cacheFolder';
import { packageRoot } from '../../src/engine/checkpoint/starterFile';
import type { Times } from './stopwatch';

export type PeerAttention = 'sdpa' | 'eager';

/** Where `environment` installs the peer. */
export function environmentFolder(): string {
  return join(cacheFolder(), 'benchmark-venv');
}

/** The environment's Python, there or not. */
export function environmentPython(): string {
  const windows = process.platform === 'win32';
  return join(environmentFolder(), windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
}

/** The Python that has the peer: `ALIDADE_BENCH_PYTHON`, else the environment's own. */
function peerPython(): string {
  const own = process.env['ALIDADE_BENCH_PYTHON'];
  if (own !== undefined && own !== '') return own;
  const python = environmentPython();
  if (existsSync(python)) return python;
  throw new Error('the peer is not installed: npm run bench -- environment');
}

/** transformers on torch, in a process of its own that waits on a pipe while others are measured. */
export class Peer {
  readonly version: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, version: string) {
    this.#process = child;
    this.#lines = lines;
    this.version = version;
  }

  static async start({ folder, threads }: { readonly folder: string; readonly threads: number }): Promise<Peer> {
    const script = join(packageRoot(), 'benchmark', 'measureForward.py');
    const child = spawn(peerPython(), [script], {
      env: { ...process.env, OMP_NUM_THREADS: String(threads), TRANSFORMERS_OFFLINE: '1' },
    });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = await ask<{ torch: string; transformers: string }>(
      { child, lines },
      { op: 'load', folder, threads },
    );
    return new Peer(child, lines, `transformers ${answer.transformers} on torch ${answer.torch}`);
  }

  run(command: {
    readonly attention: PeerAttention;
    readonly batch: readonly (readonly number[])[];
    readonly state: boolean;
  }): Promise<Times & { readonly state?: number[] }> {
    return ask({ child: this.#process, lines: this.#lines }, { op: 'run', ...command });
  }

  stop(): void {
    this.#process.stdin.end();
  }
}

async function ask<T>(
  { child, lines }: { readonly child: ChildProcessWithoutNullStreams; readonly lines: AsyncIterator<string> },
  command: object,
): Promise<T> {
  child.stdin.write(`${JSON.stringify(command)}\n`);
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the peer has stopped: see its message above');
  return JSON.parse(value) as T;
}
