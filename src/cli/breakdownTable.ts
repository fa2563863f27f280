import type { RewardBreakdown, ScoredRow } from '../core/reward/rewardBreakdown';

/** Characters on either side of a bar's zero. */
const halfBar = 8;

/** A scored row for people, numbers rounded to four places: contributions in aligned columns with bars. */
export function writeBreakdownTable(scored: ScoredRow): string {
  if ('error' in scored) return `row ${scored.id}: not scored (${scored.error.code}): ${scored.error.message}\n`;
  if ('margin' in scored) return writePair(scored);
  if ('responses' in scored) {
    const parts = scored.responses.map((response, index) => {
      const best = index === scored.best ? ', the best' : '';
      return `response ${index + 1} of ${scored.responses.length}${best}: ${writeSingle(response)}`;
    });
    return `row ${scored.id}\n${parts.join('\n')}`;
  }
  return `row ${scored.id}: ${writeSingle(scored)}`;
}

function writeSingle(breakdown: RewardBreakdown): string {
  const { objectives } = breakdown;
  const hasRating = objectives.some(({ rating }) => rating !== undefined);
  const hasGate = objectives.some(({ gate }) => gate !== undefined);
  const longest = Math.max(...objectives.map(({ contribution }) => Math.abs(contribution)));
  const middle = [...(hasRating ? ['rating'] : []), ...(hasGate ? ['gate'] : [])];
  const rows = objectives.map(({ name, reward, rating, gate, coefficient, contribution }) => [
    name,
    plain(reward),
    ...(hasRating ? [plain(rating)] : []),
    ...(hasGate ? [plain(gate)] : []),
    plain(coefficient),
    signed(contribution),
    bar(contribution / longest),
  ]);
  return [
    `score ${signed(breakdown.score)}, ${describeTokens(breakdown)}`,
    align([
      ['objective', 'reward', ...middle, 'coefficient', 'contribution', ''],
      ...rows,
      ['score', '', ...middle.map(() => ''), '', signed(breakdown.score), ''],
    ]),
  ].join('\n');
}

function writePair({ id, chosen, rejected, margin }: Extract<ScoredRow, { readonly margin: number }>): string {
  const compared = chosen.objectives.map((objective, index) => {
    const other = rejected.objectives[index] ?? objective;
    return { objective, other, difference: objective.contribution - other.contribution };
  });
  compared.sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const longest = Math.abs(compared[0]?.difference ?? 0);
  const rows = compared.map(({ objective, other, difference }) => [
    objective.name,
    plain(objective.reward),
    signed(objective.contribution),
    plain(other.reward),
    signed(other.contribution),
    signed(difference),
    bar(difference / longest),
  ]);
  return [
    `row ${id}: ${describeMargin(margin)}${describeTruncated(chosen, rejected)}`,
    align([
      ['', 'chosen', '', 'rejected', '', '', ''],
      ['objective', 'reward', 'contribution', 'reward', 'contribution', 'difference', ''],
      ...rows,
      ['score', '', signed(chosen.score), '', signed(rejected.score), signed(margin), ''],
      ['tokens', '', String(chosen.tokens), '', String(rejected.tokens), '', ''],
    ]),
  ].join('\n');
}

function describeMargin(margin: number): string {
  if (margin === 0) return 'a tie';
  return `the ${0 < margin ? 'chosen' : 'rejected'} response scores higher, margin ${signed(margin)}`;
}

function describeTruncated(chosen: RewardBreakdown, rejected: RewardBreakdown): string {
  if (chosen.truncated && rejected.truncated) return '; both were truncated';
  if (!chosen.truncated && !rejected.truncated) return '';
  return `; the ${chosen.truncated ? 'chosen' : 'rejected'} response was truncated`;
}

function describeTokens(breakdown: RewardBreakdown): string {
  return `${breakdown.tokens} tokens${breakdown.truncated ? ' (truncated)' : ''}`;
}

function plain(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
}

/** A bar to the left or right of its zero; `share` of the longest, from −1 to 1. */
function bar(share: number): string {
  const blocks = '█'.repeat(Math.round(Math.abs(Number.isFinite(share) ? share : 0) * halfBar));
  return share < 0 ? `${blocks.padStart(halfBar)}│` : `${' '.repeat(halfBar)}│${blocks}`;
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
  return lines.map((line) => `  ${line}\n`).join('');
}
