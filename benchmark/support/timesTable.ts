import { median } from './stopwatch';
import type { Times } from './stopwatch';
import { printTable } from './table';

/** Prints milliseconds of a first and a second contestant, and the first's share of the second's time. */
export function printShare(title: string, results: ReadonlyMap<string, readonly Times[]>): void {
  const measures: readonly ((times: readonly Times[]) => number)[] = [
    (times) => Math.min(...times.map(({ wall }) => wall)),
    (times) => median(times.map(({ wall }) => wall)),
    (times) => Math.min(...times.map(({ cpu }) => cpu)),
    (times) => median(times.map(({ cpu }) => cpu)),
  ];
  const rows = [...results].map(([name, times]) => ({ name, values: measures.map((of) => of(times)) }));
  const [first, second] = rows;
  const shares = first?.values.map((value, index) => (value / (second?.values[index] ?? NaN)).toFixed(3)) ?? [];
  printTable(
    [title, 'wall ms, best', 'median', 'CPU ms, best', 'median'],
    [
      ...rows.map(({ name, values }) => [name, ...values.map((value) => (value * 1000).toFixed(0))]),
      ['share', ...shares],
    ],
  );
  console.log();
}
