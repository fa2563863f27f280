import type { Progress } from '../core/jobContext';
import { formatBytes } from './formatQuantity';

/** "Fetching the starter model: 40 MB of 98 MB, 41%". */
export function describeProgress({ message, done, total, unit }: Progress): string {
  if (done === undefined) return message;
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value));
  if (total === undefined || total === 0) return `${message}: ${amount(done)}${unitWord(unit)}`;
  return `${message}: ${amount(done)} of ${amount(total)}${unitWord(unit)}, ${Math.floor((100 * done) / total)}%`;
}

function unitWord(unit: Progress['unit']): string {
  return unit === undefined || unit === 'bytes' ? '' : ` ${unit}`;
}
