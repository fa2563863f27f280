import assert from 'node:assert/strict';
import { ARMORM_OBJECTIVES } from '../../../src/core/reward/armormObjectives';
import { checkArmormExample, isPublishedArmorm } from '../../../src/core/reward/armormSelfCheck';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';

// Printed by the example of the model card of RLHFlow/ArmoRM-Llama3-8B-v0.1.
const ratings = [2.78125, 2.859375, 3.484375, 1.3847656, 1.296875];
const coefficients: Readonly<Record<string, number>> = {
  'code-complexity': 0.19922,
  'helpsteer-verbosity': -0.10864,
  'ultrafeedback-instruction_following': 0.07861,
};

function breakdown(changes: Readonly<Record<string, { rating?: number; coefficient?: number }>> = {}): RewardBreakdown {
  const objectives = ARMORM_OBJECTIVES.map(({ name }, index) => ({
    name,
    reward: 0.5,
    ...(index < ratings.length ? { rating: ratings[index] } : {}),
    coefficient: coefficients[name] ?? 0.01,
    contribution: 0,
    ...changes[name],
  }));
  return { score: 0, tokens: 0, truncated: false, objectives };
}

describe('checkArmormExample', () => {
  it('passes on the numbers of the card, and within bfloat16 of them', () => {
    assert.deepEqual(checkArmormExample(breakdown()), { passed: true, differences: [] });
    const near = breakdown({
      'code-complexity': { coefficient: 0.2082 },
      'helpsteer-coherence': { rating: 3.3944 },
    });
    assert.equal(checkArmormExample(near).passed, true);
  });

  it('lists every number that is off, with both values', () => {
    const off = breakdown({
      'helpsteer-verbosity': { coefficient: 0.10864, rating: 1.6 },
      'helpsteer-helpfulness': { rating: NaN },
    });
    const { passed, differences } = checkArmormExample(off);
    assert.equal(passed, false);
    assert.deepEqual(differences, [
      'coefficient of helpsteer-verbosity is 0.10864, the model card says -0.10864',
      'rating of helpsteer-helpfulness is NaN, the model card says 2.78125',
      'rating of helpsteer-verbosity is 1.6, the model card says 1.296875',
    ]);
  });

  it('fails where objectives are missing', () => {
    const { differences } = checkArmormExample({ ...breakdown(), objectives: [] });
    assert.equal(differences.length, 8);
  });
});

describe('isPublishedArmorm', () => {
  const shape = { hiddenSize: 4096, layerCount: 32, vocabSize: 128257, objectives: 19 };

  it('knows the published model by all of its sizes', () => {
    assert.equal(isPublishedArmorm(shape), true);
    for (const key of Object.keys(shape)) assert.equal(isPublishedArmorm({ ...shape, [key]: 7 }), false, key);
  });
});
