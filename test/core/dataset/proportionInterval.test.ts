import assert from 'node:assert/strict';
import { proportionInterval } from '../../../src/core/dataset/proportionInterval';

describe('the interval of a proportion', () => {
  it('solves the equation that defines it: the share lies 1.96 deviations from each end', () => {
    for (const [successes, trials] of [
      [1, 3],
      [60, 100],
      [4999, 5000],
    ] as const) {
      const interval = proportionInterval(successes, trials);
      assert.ok(interval !== null);
      for (const end of [interval.low, interval.high]) {
        const deviations = Math.abs(successes / trials - end) / Math.sqrt((end * (1 - end)) / trials);
        assert.ok(Math.abs(deviations - 1.959963984540054) < 1e-9);
      }
    }
  });

  it('stays within 0 and 1, and says nothing without trials', () => {
    assert.equal(proportionInterval(0, 0), null);
    assert.equal(proportionInterval(0, 5)?.low, 0);
    assert.equal(proportionInterval(5, 5)?.high, 1);
  });
});
