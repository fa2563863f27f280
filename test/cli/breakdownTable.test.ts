import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBreakdownTable } from '../../src/cli/breakdownTable';
import type { ObjectiveContribution, RewardBreakdown, ScoredRow } from '../../src/core/reward/rewardBreakdown';

function breakdown(tokens: number, ...objectives: readonly ObjectiveContribution[]): RewardBreakdown {
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { score, tokens, truncated: tokens === 512, objectives };
}

function objective(name: string, reward: number, coefficient: number): ObjectiveContribution {
  return { name, reward, coefficient, contribution: reward * coefficient };
}

const brief = breakdown(48, objective('compliance', 0.91, 0.5), objective('verbosity', 0.25, -0.5));
const long = breakdown(512, objective('compliance', 0.12, 0.5), objective('verbosity', 0.75, -0.5));
const gated = breakdown(30, {
  ...objective('helpsteer-helpfulness', 0.655, 0.079),
  rating: 2.78,
  gate: 0.081,
});

const rows: readonly ScoredRow[] = [
  { id: 'single', ...brief },
  { id: 'gated', ...gated },
  { id: 'pair', chosen: brief, rejected: long, margin: brief.score - long.score },
  { id: 'contradicted', chosen: long, rejected: brief, margin: long.score - brief.score },
  { id: 'list', responses: [long, brief], best: 1 },
  { id: 'bad', error: { code: 'too_long', message: '9000 tokens, the limit is 8192' } },
];

describe('the breakdown table', () => {
  it('looks as in test/golden/breakdown-table.txt', () => {
    const golden = readFileSync(join(process.cwd(), 'test', 'golden', 'breakdown-table.txt'), 'utf8');
    assert.equal(rows.map(writeBreakdownTable).join('\n'), golden);
  });

  it('says that equal scores are a tie', () => {
    assert.match(writeBreakdownTable({ id: '1', chosen: brief, rejected: brief, margin: 0 }), /^row 1: a tie\n/);
  });
});
