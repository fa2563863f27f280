import assert from 'node:assert/strict';
import { checkDpaExample, isPublishedDpa } from '../../../src/core/reward/dpaSelfCheck';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';

const printed = [68.99269, 69.62718, 76.23071, 33.48785, 35.853596, 63.833366, 55.58917, 68.7175, 59.552124, 46.465595];
const breakdown = (rewards: readonly number[]): RewardBreakdown => ({
  score: 0,
  tokens: 1,
  truncated: false,
  objectives: rewards.map((reward, index) => ({ name: `o${index}`, reward, coefficient: 0.1, contribution: 0 })),
});

describe("the self-check of DPA's reward model", () => {
  it('passes for the numbers of the README, with room for quantised weights', () => {
    assert.deepEqual(checkDpaExample(breakdown(printed)), { passed: true, differences: [] });
    assert.ok(checkDpaExample(breakdown(printed.map((value) => value + 1.5))).passed);
  });

  it('names each rating that is off or missing', () => {
    const off = checkDpaExample(breakdown([...printed.slice(0, 8), 12]));
    assert.equal(off.passed, false);
    assert.deepEqual(off.differences, [
      'the rating of o8 is 12, the README says 59.552124',
      'the rating of an objective is NaN, the README says 46.465595',
    ]);
  });

  it('is for the published size only', () => {
    assert.ok(isPublishedDpa({ hiddenSize: 4096, layerCount: 32 }));
    assert.ok(!isPublishedDpa({ hiddenSize: 32, layerCount: 2 }));
  });
});
