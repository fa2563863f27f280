import { describeBytes } from '../../src/core/describeQuantity';
import { formatPercent } from '../shared/formatPercent';
import { strings } from './strings';
import type { TensorRow, TensorSort } from './tensorRows';

export interface TensorCell {
  readonly text: string;
  readonly hint?: string;
}

/** A column of the table; it is sorted by what it shows. */
export interface TensorColumn {
  readonly key: TensorSort;
  readonly name: string;
  readonly hint: string;
  readonly numeric: boolean;
  readonly cell: (row: TensorRow) => TensorCell;
}

export interface ColumnChoice {
  /** Names of the files; a column says which one where there are several. */
  readonly files: readonly string[];
  readonly isCompared: boolean;
}

export function tensorColumns({ files, isCompared }: ColumnChoice): readonly TensorColumn[] {
  // The rest stands beside the table.
  if (isCompared) return [name, shape, relativeL2, cosine, changed];
  const file = column('file', ({ tensor }) => ({ text: files[tensor.file] ?? '', hint: files[tensor.file] ?? '' }));
  return [name, dtype, shape, size, ...(1 < files.length ? [file] : [])];
}

function column(key: TensorSort, cell: TensorColumn['cell'], numeric = false): TensorColumn {
  return { key, name: strings.columns[key], hint: strings.columnHints[key], numeric, cell };
}

/** `4096×14336` */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? strings.scalar : shape.join('×');
}

function figure(value: number | null | undefined, format: (value: number) => string): TensorCell {
  if (value === undefined) return { text: '', hint: strings.notCompared };
  return value === null ? { text: '–' } : { text: format(value), hint: String(value) };
}

/** To four digits; the cosine differs in its last ones. */
export function formatDistance(value: number): string {
  return value === 0 || 0.0005 <= value ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

export function formatCosine(value: number): string {
  return (value === 1 ? '1' : value.toFixed(6)).replace('-', '−');
}

const name = column('name', ({ tensor }) => ({ text: tensor.name, hint: tensor.name }));
const dtype = column('dtype', ({ tensor }) => ({ text: tensor.dtype }));
const shape = column(
  'shape',
  ({ tensor, values }) => ({ text: formatShape(tensor.shape), hint: strings.bins.count(values) }),
  true,
);
const size = column(
  'size',
  ({ tensor }) => ({
    text: describeBytes(tensor.bytes),
    hint: strings.bytes(tensor.bytes.toLocaleString('en')),
  }),
  true,
);
const relativeL2 = column('relativeL2', ({ difference }) => figure(difference?.relativeL2, formatDistance), true);
const cosine = column('cosine', ({ difference }) => figure(difference?.cosine, formatCosine), true);
const changed = column('changed', ({ difference }) => figure(difference?.changedShare, formatPercent), true);
