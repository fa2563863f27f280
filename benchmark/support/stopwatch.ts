/** Seconds that a piece of work took; CPU time is summed over all threads of the process. */
export interface Times {
  readonly wall: number;
  readonly cpu: number;
}

export async function timed<T>(work: () => Promise<T>): Promise<{ readonly times: Times; readonly value: T }> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { times: { wall, cpu: (user + system) / 1e6 }, value };
}

/** @throws RangeError when there are no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1] + upper) / 2;
}

export interface Contestant<T> {
  readonly name: string;
  run(round: number): Promise<T>;
}

/**
 * Runs contestants in turn, A B C A B C …, so that whatever else the machine does falls on all of them alike; every
 * second round goes backwards.
 */
export async function interleave<T>(
  contestants: readonly Contestant<T>[],
  { rounds, warmUps }: { readonly rounds: number; readonly warmUps: number },
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contestants : [...contestants].reverse();
    for (const { name, run } of order) {
      await pause(); // threads of the one before may still be spinning
      const result = await run(round + warmUps);
      if (0 <= round) results.get(name)?.push(result);
    }
  }
  return results;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
