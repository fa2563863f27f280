import type { RewardBreakdown, ScoredRow } from '../core/reward/rewardBreakdown';

const barWidth = 12;

/** A scored row for people, numbers rounded: contributions as aligned columns with bars. */
export function writeBreakdownTable(scored: ScoredRow, _width = 120): string {
  if ('error' in scored) return `row ${scored.id}\n  not scored (${scored.error.code}): ${scored.error.message}\n`;
  if ('margin' in scored) return writePair(scored);
  if ('responses' in scored) {
    const parts = scored.responses.map((response, index) => {
      const best = index === scored.best ? ', the best' : '';
      return `response ${index + 1} of ${scored.responses.length}${best}\n${writeSingle(response)}`;
    });
    return `row ${scored.id}\n${parts.join('\n')}`;
  }
  return `row ${scored.id}\n${writeSingle(scored)}`;
}

function writeSingle(breakdown: RewardBreakdown): string {
  const { objectives } = breakdown;
  const hasRating = objectives.some(({ rating }) => rating !== undefined);
  const hasGate = objectives.some(({ gate }) => gate !== undefined);
  const longest = Math.max(...objectives.map(({ contribution }) => Math.abs(contribution)));
  const rows = objectives.map((objective) => [
    objective.name,
    plain(objective.reward),
    ...(hasRating ? [objective.rating === undefined ? '' : plain(objective.rating)] : []),
    ...(hasGate ? [plain(objective.gate ?? 0)] : []),
    plain(objective.coefficient),
    signed(objective.contribution),
    bar(objective.contribution / longest),
  ]);
  const head = [
    'objective',
    'reward',
    ...(hasRating ? ['rating'] : []),
    ...(hasGate ? ['gate'] : []),
    'coefficient',
    'contribution',
    '',
  ];
  const blanks = head.slice(1, -2).map(() => '');
  const foot = ['score', ...blanks, signed(breakdown.score), describeTokens(breakdown)];
  return align([head, ...rows, foot]);
}

function writePair({ id, chosen, rejected, margin }: Extract<ScoredRow, { readonly margin: number }>): string {
  const differences = chosen.objectives.map((objective, index) => {
    const other = rejected.objectives[index];
    return { objective, other, difference: objective.contribution - (other?.contribution ?? 0) };
  });
  const longest = Math.max(...differences.map(({ difference }) => Math.abs(difference)));
  const rows = [...differences]
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference))
    .map(({ objective, other, difference }) => [
      objective.name,
      plain(objective.reward),
      signed(objective.contribution),
      plain(other?.reward ?? 0),
      signed(other?.contribution ?? 0),
      signed(difference),
      bar(difference / longest),
    ]);
  const verdict =
    margin === 0 ? 'a tie' : margin < 0 ? 'the rejected response scores higher' : 'the chosen response scores higher';
  return [
    `row ${id}: ${verdict}, margin ${signed(margin)}`,
    align([
      ['', 'chosen', '', 'rejected', '', '', ''],
      ['objective', 'reward', 'contribution', 'reward', 'contribution', 'difference', ''],
      ...rows,
      ['score', '', signed(chosen.score), '', signed(rejected.score), signed(margin), ''],
      ['tokens', '', describeTokens(chosen), '', describeTokens(rejected), '', ''],
    ]),
  ].join('\n');
}

function describeTokens({ tokens, truncated }: RewardBreakdown): string {
  return `${tokens}${truncated ? ' of more' : ''} tokens`;
}

function plain(value: number): string {
  return value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

/** A bar to the left or right of a line; `share` from −1 to 1. */
function bar(share: number): string {
  const half = barWidth / 2;
  const length = Math.round(Math.abs(Number.isFinite(share) ? share : 0) * half);
  const blocks = '█'.repeat(length);
  return share < 0 ? `${blocks.padStart(half)}│` : `${' '.repeat(half)}│${blocks}`;
}

/** Names to the left, numbers to the right, bars as they are. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
