import { nameResponses } from './comparison';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';

const header = ['response', 'objective', 'reward', 'rating', 'gate', 'coefficient', 'contribution', 'score'];

/** Every number of every response, unrounded, one line an objective; RFC 4180. */
export function numbersAsCsv(row: ExplainedRow, names?: readonly string[]): string {
  const lines = nameResponses(row, names).flatMap(({ name, text }) =>
    text.objectives.map((objective) => [
      name,
      objective.name,
      objective.reward,
      objective.rating ?? '',
      objective.gate ?? '',
      objective.coefficient,
      objective.contribution,
      text.score,
    ]),
  );
  return [header, ...lines].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** Quoted where it has to be; what a spreadsheet would take for a formula is text. */
function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
