import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';

export interface CliResult {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliInput {
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built command line as a user's shell would; standard input stays open. */
export function startCli(args: readonly string[], { cwd, env }: CliInput = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [join(process.cwd(), 'dist', 'cli.js'), ...args], {
    cwd: cwd ?? process.cwd(),
    env: { ...process.env, ...env },
  });
}

/** Runs the built command line to its end. */
export async function runCli(args: readonly string[], input: CliInput = {}): Promise<CliResult> {
  const child = startCli(args, input);
  child.stdin.on('error', () => undefined); // it may end without reading all
  child.stdin.end(input.stdin ?? '');
  return finishCli(child);
}

/** Collects what a started command line writes until it ends. */
export async function finishCli(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    status,
    stdout: Buffer.concat(chunks.stdout).toString('utf8'),
    stderr: Buffer.concat(chunks.stderr).toString('utf8'),
  };
}

/** The lines of JSON that a command has printed. */
export function readJsonLines<Value>(text: string): Value[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Value);
}
