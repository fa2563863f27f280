import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Answers commands, one JSON object a line on stdin, with one JSON object a line on stdout.
 *
 * @param {Record<string, (command: any) => Promise<object>>} operations by the command's `op`
 */
export async function answerCommands(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...command } = JSON.parse(line);
    let answer;
    try {
      answer = await operations[op](command);
    } catch (error) {
      answer = { error: String(error?.message ?? error).split('\n')[0] };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0); // native threads of a peer may go on
}

/** A package and its version, from the folder in which the peers are installed (argv[2]). */
export async function importPeer(name) {
  const require = createRequire(join(process.argv[2], 'package.json'));
  const { version } = require(join(process.argv[2], 'node_modules', name, 'package.json'));
  return { module: await import(pathToFileURL(require.resolve(name)).href), version, require };
}

/** CPU time of this process up to now, over all its threads, seconds. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Wall and CPU time of a piece of work, seconds. */
export async function timed(work) {
  const [wall, cpu] = [performance.now(), cpuSeconds()];
  const value = await work();
  return { value, wall: (performance.now() - wall) / 1000, cpu: cpuSeconds() - cpu };
}
