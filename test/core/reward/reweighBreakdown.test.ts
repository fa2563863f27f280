import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { reweighBreakdown } from '../../../src/core/reward/reweighBreakdown';

const breakdown: RewardBreakdown = {
  score: 0.25 * 0.5 + 0.25 * -2,
  tokens: 9,
  truncated: true,
  objectives: [
    { name: 'a', reward: 0.5, rating: 3, coefficient: 0.25, contribution: 0.125 },
    { name: 'b', reward: -2, coefficient: 0.25, contribution: -0.5 },
  ],
};

describe('reweighBreakdown', () => {
  it('recomputes contributions and score, and leaves the rest as it was', () => {
    const reweighed = reweighBreakdown(breakdown, { a: 3, b: -0.1 });
    assert.deepEqual(reweighed, {
      score: 3 * 0.5 + -0.1 * -2,
      tokens: 9,
      truncated: true,
      objectives: [
        { name: 'a', reward: 0.5, rating: 3, coefficient: 3, contribution: 1.5 },
        { name: 'b', reward: -2, coefficient: -0.1, contribution: 0.2 },
      ],
    });
    assert.equal(breakdown.objectives[0].coefficient, 0.25);
  });

  it('keeps the coefficient of an objective that is not named', () => {
    const { objectives, score } = reweighBreakdown(breakdown, { b: 0 });
    assert.equal(objectives[0].coefficient, 0.25);
    assert.equal(score, 0.125);
  });

  it('does not take an inherited property for a weight', () => {
    const odd = { ...breakdown, objectives: [{ ...breakdown.objectives[0], name: 'toString' }] };
    assert.equal(reweighBreakdown(odd, {}).objectives[0].coefficient, 0.25);
  });

  it('refuses unknown names, weights that are no numbers, and gated breakdowns', () => {
    const gated = { ...breakdown, objectives: breakdown.objectives.map((one) => ({ ...one, gate: 0.5 })) };
    const refuses = (act: () => unknown, message: RegExp): void =>
      assert.throws(
        act,
        (error) => error instanceof AlidadeError && error.code === 'usage' && message.test(error.message),
      );
    refuses(() => reweighBreakdown(breakdown, { c: 1 }), /"c"/);
    refuses(() => reweighBreakdown(breakdown, { a: NaN }), /a is not a finite number/);
    refuses(() => reweighBreakdown(gated, { a: 1 }), /gate/);
  });
});
