import { isNumericDtype } from '../checkpoint/decodeNumbers';
import type { TensorEntry } from '../checkpoint/tensorEntry';
import { tensorPlace, type TensorPlace } from './plan/tensorPlace';
import type { UncomparedTensor } from './weightDifference';

/** A tensor of the first model and the same of the second. */
export interface TensorPair extends TensorPlace {
  readonly name: string;
  readonly first: TensorEntry;
  readonly second: TensorEntry;
}

export interface PairedTensors {
  /** What lies outside the layers first, then layer by layer; within a layer in the order of the first model's files. */
  readonly pairs: readonly TensorPair[];
  readonly uncompared: readonly UncomparedTensor[];
}

type Tensors = ReadonlyMap<string, TensorEntry>;

/** Which tensors of two models can be compared: those of one name, or of one name in their files, and of one shape. */
export function pairTensors(first: Tensors, second: Tensors): PairedTensors {
  const find = finderOf(second);
  const found = new Set<TensorEntry>();
  const pairs: TensorPair[] = [];
  const uncompared: UncomparedTensor[] = [];
  for (const [name, entry] of first) {
    const other = find(entry, name);
    if (other === undefined) {
      uncompared.push({ name, reason: 'onlyInFirst', detail: describeEntry(entry) });
      continue;
    }
    found.add(other);
    const unread = [entry, other].find(({ dtype }) => !isNumericDtype(dtype));
    if (!isSameShape(entry.shape, other.shape)) {
      const detail = `${describeEntry(entry)} against ${describeEntry(other)}`;
      uncompared.push({ name, reason: 'shape', detail });
    } else if (unread !== undefined) {
      uncompared.push({ name, reason: 'dtype', detail: `values of the kind ${unread.dtype} cannot be read` });
    } else {
      pairs.push({ name, first: entry, second: other, ...tensorPlace(name) });
    }
  }
  for (const [name, entry] of second) {
    if (!found.has(entry)) uncompared.push({ name, reason: 'onlyInSecond', detail: describeEntry(entry) });
  }
  const fileOrder = new Map([...new Set(pairs.map(({ first }) => first.file))].map((file, index) => [file, index]));
  pairs.sort(
    (a, b) =>
      (a.layer ?? -1) - (b.layer ?? -1) ||
      (fileOrder.get(a.first.file) ?? 0) - (fileOrder.get(b.first.file) ?? 0) ||
      a.first.offset - b.first.offset,
  );
  return { pairs, uncompared };
}

/** By its name, else by what either model calls it in its files: one of them may be of a known architecture alone. */
function finderOf(tensors: Tensors): (entry: TensorEntry, name: string) => TensorEntry | undefined {
  const byStoredName = new Map([...tensors.values()].map((entry) => [entry.storedName ?? entry.name, entry]));
  return (entry, name) =>
    tensors.get(name) ??
    byStoredName.get(name) ??
    (entry.storedName === undefined ? undefined : tensors.get(entry.storedName));
}

function isSameShape(first: readonly number[], second: readonly number[]): boolean {
  return first.length === second.length && first.every((size, index) => size === second[index]);
}

function describeEntry({ dtype, shape }: TensorEntry): string {
  return `${dtype} [${shape.join(', ')}]`;
}
