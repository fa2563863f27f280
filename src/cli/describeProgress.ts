import type { Progress } from '../core/jobContext';
import { describeBytes, describeDuration } from '../core/describeQuantity';

/** "Fetching the starter model: 40 MB of 98 MB, 41%, 12 MB/s, 5 s left". */
export function describeProgress({ message, done, total, unit, perSecond, secondsLeft }: Progress): string {
  if (done === undefined) return message;
  const amount = (value: number): string => (unit === 'bytes' ? describeBytes(value) : String(value));
  if (total === undefined || total === 0) return `${message}: ${amount(done)}${unitWord(unit)}`;
  return [
    `${message}: ${amount(done)} of ${amount(total)}${unitWord(unit)}`,
    `${Math.floor((100 * done) / total)}%`,
    ...(perSecond === undefined ? [] : [`${amount(Number(perSecond.toPrecision(3)))}${unitWord(unit)}/s`]),
    ...(secondsLeft === undefined ? [] : [`${describeDuration(secondsLeft)} left`]),
  ].join(', ');
}

function unitWord(unit: Progress['unit']): string {
  return unit === undefined || unit === 'bytes' ? '' : ` ${unit}`;
}
