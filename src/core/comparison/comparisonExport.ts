import { writeCsvRecord } from '../promptFile/writeCsvRecord';
import { comparedInputs, type ComparisonRecord, type RecordedCell } from './comparisonRecord';
import { compareVersions } from './versionComparison';

/** Everything that is known of a comparison, and what it says; exact numbers. */
export function comparisonAsJson(record: ComparisonRecord): string {
  return `${JSON.stringify({ ...record, comparison: compareVersions(comparedInputs(record.inputs)) }, null, 2)}\n`;
}

const fixedColumns = [
  'input',
  'version',
  'answer',
  'score',
  'response_tokens',
  'truncated',
  'finish_reason',
  'problem',
  'text',
] as const;

/** One record an answer, and one for each version that failed on an input; the rewards of the objectives come last. */
export function comparisonAsCsv(record: ComparisonRecord): string {
  const objectives = objectiveNames(record);
  const lines = [writeCsvRecord([...fixedColumns, ...objectives.map((name) => `reward ${name}`)])];
  for (const [index, input] of record.inputs.entries()) {
    const name = input.name === '' ? String(index + 1) : input.name;
    for (const side of ['first', 'second'] as const) {
      lines.push(...recordsOf(input[side], [name, record[side].name], objectives));
    }
  }
  return lines.join('');
}

function recordsOf(
  { answers, problem }: RecordedCell,
  place: readonly string[],
  objectives: readonly string[],
): readonly string[] {
  const lines = answers.map(({ text, finishReason, scored, problem: ownProblem }, index) => {
    const rewards = new Map(scored?.objectives.map(({ name, reward }) => [name, reward]));
    return writeCsvRecord([
      ...place,
      index + 1,
      scored?.score ?? null,
      scored?.responseTokens ?? null,
      scored?.truncated ?? null,
      finishReason,
      ownProblem,
      text,
      ...objectives.map((name) => rewards.get(name) ?? null),
    ]);
  });
  if (problem === null) return lines;
  const empty = [...fixedColumns.slice(place.length), ...objectives].map((column) =>
    column === 'problem' ? problem : null,
  );
  return [...lines, writeCsvRecord([...place, ...empty])];
}

function objectiveNames({ inputs }: ComparisonRecord): readonly string[] {
  for (const { first, second } of inputs) {
    for (const { scored } of [...first.answers, ...second.answers]) {
      if (scored !== null) return scored.objectives.map(({ name }) => name);
    }
  }
  return [];
}
