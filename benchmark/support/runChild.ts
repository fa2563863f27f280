import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs one of `children/` in a fresh process; its last line is JSON. `seconds` is from the start to the end of the process. */
export async function runChild<T>(
  name: string,
  args: readonly string[],
): Promise<{ readonly answer: T; readonly seconds: number }> {
  const script = join(__dirname, 'children', `${name}.js`);
  const start = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with status ${status}`);
  return { answer: JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T, seconds };
}
