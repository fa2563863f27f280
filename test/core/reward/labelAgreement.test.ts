import assert from 'node:assert/strict';
import { compareAgreement, pairsOf } from '../../../src/core/reward/labelAgreement';
import type { RewardBreakdown, ScoredRow } from '../../../src/core/reward/rewardBreakdown';
import { reweighBreakdown } from '../../../src/core/reward/reweighBreakdown';

function breakdown(a: number, b: number): RewardBreakdown {
  const objectives = [
    { name: 'a', reward: a, coefficient: 1, contribution: a },
    { name: 'b', reward: b, coefficient: 0, contribution: 0 },
  ];
  return { score: a, tokens: 3, truncated: false, objectives };
}
const pair = (id: string, chosen: RewardBreakdown, rejected: RewardBreakdown): ScoredRow => ({
  id,
  chosen,
  rejected,
  margin: chosen.score - rejected.score,
});
const rows: readonly ScoredRow[] = [
  pair('1', breakdown(1, 0), breakdown(0, 0)),
  pair('2', breakdown(1, 0), breakdown(0, 5)),
  pair('3', breakdown(0, 5), breakdown(0, 1)),
  { id: '4', error: { code: 'row', message: 'bad' } },
  { id: '5', ...breakdown(1, 1) },
];

describe('compareAgreement', () => {
  it('counts pairs before and after, and those that change sides', () => {
    const change = compareAgreement(pairsOf(rows), (one) => reweighBreakdown(one, { b: 1 }));
    assert.ok(change !== null);
    assert.deepEqual([change.before.agreeing, change.before.ties, change.before.pairs], [2, 1, 3]);
    assert.deepEqual([change.after.agreeing, change.after.ties], [2, 0]);
    assert.deepEqual([change.won, change.lost], [1, 1]);
    assert.equal(change.after.accuracy, 2 / 3);
    assert.ok(change.after.interval.low < 2 / 3 && 2 / 3 < change.after.interval.high);
  });

  it('has nothing to say without pairs', () => {
    assert.equal(
      compareAgreement(pairsOf(rows.slice(3)), (one) => one),
      null,
    );
  });
});
