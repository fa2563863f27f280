import { AlidadeError } from '../core/alidadeError';
import { nearestName } from '../core/nearestName';
import type { TensorEntry } from '../core/checkpoint/tensorEntry';
import type { TensorStatistics, ValueHistogram } from '../core/checkpoint/tensorStatistics';
import { measureTensor } from '../engine/checkpoint/measureTensor';
import { openTensors } from '../engine/checkpoint/openTensors';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeBytes } from '../core/describeQuantity';
import type { inspectOptions } from './options';
import { writeTable } from './writeTable';

/** `alidade inspect CHECKPOINT --tensor NAME` */
export async function inspectTensor(
  name: string,
  { positionals, options, terminal, context }: CommandCall<typeof inspectOptions>,
): Promise<ExitStatus> {
  const { path, tensors } = await openTensors({ reference: positionals[0], cwd: process.cwd() }, context);
  const entry = tensors.get(name) ?? [...tensors.values()].find(({ storedName }) => storedName === name);
  if (entry === undefined) {
    const near = nearestName(name, [...tensors.keys()]);
    throw new AlidadeError({
      code: 'weights',
      message: `${path} has no tensor ${name}`,
      hint: near === null ? '`alidade inspect` lists its tensors' : `did you mean ${near}?`,
    });
  }
  const statistics = await measureTensor(entry, context);
  if (options.json) await terminal.writeJson(toJson(entry, statistics));
  else await terminal.write(describe(entry, statistics));
  return exitStatus.done;
}

function toJson(
  { name, storedName, dtype, shape, bytes, file, offset }: TensorEntry,
  statistics: TensorStatistics,
): unknown {
  return { name: storedName ?? name, dtype, shape, bytes, file, offset, statistics };
}

function describe(entry: TensorEntry, statistics: TensorStatistics): string {
  const { values, zeros, nan, infinite, min, max, mean, standardDeviation, norm, histogram } = statistics;
  const number = (value: number | null): string => (value === null ? '-' : String(value));
  const facts = [
    ['tensor', entry.storedName ?? entry.name],
    ['dtype', entry.dtype],
    ['shape', entry.shape.join('×')],
    ['size', `${describeBytes(entry.bytes)} at byte ${entry.offset} of ${entry.file}`],
    ['values', String(values)],
    ['norm', number(norm)],
    ['mean', number(mean)],
    ['deviation', number(standardDeviation)],
    ['least', number(min)],
    ['largest', number(max)],
    ['zeros', `${zeros}${values === 0 ? '' : ` (${((100 * zeros) / values).toFixed(2)} %)`}`],
    ['NaN', String(nan)],
    ['infinite', String(infinite)],
  ];
  const picture = histogram === null ? '' : `\n${drawHistogram(histogram)}\n`;
  return `${writeTable(facts)}\n${picture}`;
}

const lines = 16;
const width = 60;

/** Bars of characters, a few bins of the histogram a line. */
function drawHistogram({ low, high, counts, below, above }: ValueHistogram): string {
  const each = Math.ceil(counts.length / lines);
  const sums = Array.from({ length: Math.ceil(counts.length / each) }, (_, line) =>
    counts.slice(line * each, (line + 1) * each).reduce((sum, count) => sum + count, 0),
  );
  const most = Math.max(...sums);
  const step = ((high - low) / counts.length) * each;
  const rows = sums.map((sum, line) => [
    `from ${(low + line * step).toPrecision(4)}`,
    String(sum),
    '#'.repeat(most === 0 ? 0 : Math.ceil((width * sum) / most)),
  ]);
  const outside = [
    ...(0 < below ? [['below', String(below), '']] : []),
    ...(0 < above ? [[`above ${high.toPrecision(4)}`, String(above), '']] : []),
  ];
  return writeTable([...rows, ...outside], { right: [1] });
}
