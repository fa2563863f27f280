import type { Column, ConversionFormat } from '../core/convert/conversionFormat';
import { conversionFormats } from '../core/convert/conversionFormats';
import { writeTable } from './writeTable';

/** The formats of `alidade convert`, as lines: name, members, and what does not fit. */
export function describeFormats(): readonly string[] {
  const header = ['format', 'its members', 'cannot hold'];
  const rows = conversionFormats.map((format) => [format.name, format.summary, describeLimits(format)]);
  return writeTable([header, ...rows])
    .split('\n')
    .map((line) => `  ${line}`);
}

const names: Readonly<Record<Column, string>> = {
  id: 'ids',
  subset: 'subsets',
  margin: 'margins',
  label: 'labels',
  reference: 'right answers',
  tools: 'tools',
  fields: 'other columns',
  messageFields: 'tool calls, images',
};

function describeLimits({ capacity, write }: ConversionFormat): string {
  if (write === null) return 'only read';
  const { content, replies, scores, columns } = capacity;
  const isPair = replies === 'pair' || replies === 'graded';
  const missing = (Object.keys(names) as Column[]).filter((column) => {
    if (columns.has(column)) return false;
    // Labels say which reply of a pair is better, margins by how much; texts have no members.
    if (column === 'label') return replies === 'one' || replies === 'optional' || replies === 'many';
    if (column === 'margin') return isPair;
    return column !== 'messageFields' || content === 'turns';
  });
  return [
    ...(content === 'text' ? ['several turns'] : []),
    ...(content === 'undivided' ? ['turns, replies'] : []),
    ...(replies === 'none' && content !== 'undivided' ? ['replies'] : []),
    ...(scores === 'none' && replies !== 'none' && content !== 'steps' ? ['scores'] : []),
    ...missing.map((column) => names[column]),
  ].join(', ');
}
