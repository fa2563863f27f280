import assert from 'node:assert/strict';
import { writeCsvRecord } from '../../../src/core/promptFile/writeCsvRecord';
import { parseCsvRecord } from '../../../src/core/promptFile/csvRecords';
import { FlatColumns, flattenScoredRow } from '../../../src/core/reward/flattenScoredRow';
import type { OutputRow } from '../../../src/core/reward/outputRow';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';

const breakdown = (score: number): RewardBreakdown => ({
  score,
  tokens: 3,
  truncated: false,
  objectives: [{ name: 'calm', reward: score, gate: 0.5, coefficient: 1, contribution: score }],
  lastHidden: [1, 2],
});

describe('scored rows as a table', () => {
  const rows: readonly OutputRow[] = [
    { id: 'e', error: { code: 'row', message: 'bad' } },
    { id: 'l', responses: [breakdown(1), breakdown(2)], best: 1 },
    { id: 'p', chosen: breakdown(2), rejected: breakdown(1), margin: 1 },
    { id: 'j', pChosen: 0.75, pChosenFirst: 0.5, pChosenSecond: 1 },
  ];

  it('have a line for each response of a list, and one for every other row', () => {
    const lines = rows.flatMap(flattenScoredRow);
    assert.deepEqual(
      lines.map(({ id, response, best, score, margin }) => [id, response, best, score, margin]),
      [
        ['e', undefined, undefined, undefined, undefined],
        ['l', 0, false, 1, undefined],
        ['l', 1, true, 2, undefined],
        ['p', undefined, undefined, undefined, 1],
        ['j', undefined, undefined, undefined, undefined],
      ],
    );
    assert.deepEqual(lines[3], {
      id: 'p',
      chosen_score: 2,
      chosen_tokens: 3,
      chosen_truncated: false,
      chosen_calm_reward: 2,
      chosen_calm_gate: 0.5,
      chosen_calm_coefficient: 1,
      chosen_calm_contribution: 2,
      rejected_score: 1,
      rejected_tokens: 3,
      rejected_truncated: false,
      rejected_calm_reward: 1,
      rejected_calm_gate: 0.5,
      rejected_calm_coefficient: 1,
      rejected_calm_contribution: 1,
      margin: 1,
    });
  });

  it('have the columns that occur, with id first and errors last', () => {
    const found = new FlatColumns();
    for (const row of rows.flatMap(flattenScoredRow)) found.add(row);
    const columns = found.columns.map(({ name, type }) => `${name} ${type}`);
    assert.deepEqual(columns.slice(0, 5), [
      'id text',
      'response integer',
      'best boolean',
      'score double',
      'tokens integer',
    ]);
    assert.deepEqual(columns.slice(-3), ['pChosenSecond double', 'error text', 'message text']);
    assert.equal(new Set(columns).size, columns.length);
  });

  it('read back to the same cells from CSV', () => {
    const cells = ['a"b', 'c,d', 'e\nf', '', '0.1', ' g '];
    const line = writeCsvRecord([...cells, 0.1 + 0.2, true, null]);
    assert.deepEqual(parseCsvRecord(line.slice(0, -1), ',').cells, [...cells, '0.30000000000000004', 'true', '']);
  });
});
