import type { ListedDifference, ListedTensor } from '../../src/protocol/checkpointView';

/** What the table is sorted by. */
export type TensorSort = 'name' | 'dtype' | 'shape' | 'size' | 'file' | 'relativeL2' | 'cosine' | 'changed';

export interface TensorOrder {
  readonly sort: TensorSort;
  readonly descending: boolean;
}

/** A line of the table. */
export interface TensorRow {
  readonly tensor: ListedTensor;
  readonly values: number;
  /** null: it is compared with nothing. */
  readonly difference: ListedDifference | null;
}

/** Layer 2 comes before layer 10. */
const collator = new Intl.Collator('en', { numeric: true });

export function tensorRows(
  tensors: readonly ListedTensor[],
  differences: ReadonlyMap<string, ListedDifference>,
): TensorRow[] {
  return tensors.map((tensor) => ({
    tensor,
    values: tensor.shape.reduce((product, size) => product * size, 1),
    difference: differences.get(tensor.name) ?? null,
  }));
}

/** Rows that have every word of the filter in name, dtype or shape. */
export function filterRows(rows: readonly TensorRow[], filter: string): readonly TensorRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ tensor }) => {
    const text = `${tensor.name} ${tensor.dtype} ${tensor.shape.join('×')} ${tensor.shape.join('x')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Equal rows stay in the order of their names; what has no figure comes last, whichever way round. */
export function sortRows(rows: readonly TensorRow[], { sort, descending }: TensorOrder): TensorRow[] {
  const sign = descending ? -1 : 1;
  const byName = (a: TensorRow, b: TensorRow): number => collator.compare(a.tensor.name, b.tensor.name);
  if (sort === 'name') return rows.toSorted((a, b) => sign * byName(a, b));
  return rows.toSorted((a, b) => {
    const [first, second] = [keyOf(a, sort), keyOf(b, sort)];
    if (first === null || second === null) return Number(first === null) - Number(second === null) || byName(a, b);
    const order = typeof first === 'string' ? collator.compare(first, String(second)) : first - Number(second);
    return sign * order || byName(a, b);
  });
}

function keyOf({ tensor, values, difference }: TensorRow, sort: Exclude<TensorSort, 'name'>): number | string | null {
  switch (sort) {
    case 'dtype':
      return tensor.dtype;
    case 'shape':
      return values;
    case 'size':
      return tensor.bytes;
    case 'file':
      return tensor.file;
    case 'relativeL2':
      return difference?.relativeL2 ?? null;
    case 'cosine':
      return difference?.cosine ?? null;
    case 'changed':
      return difference?.changedShare ?? null;
  }
}
