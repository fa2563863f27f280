import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/core/seededRandom';
import { spearman } from '../../../src/core/training/evaluation/rankMetrics';
import type { VerbosityRecipe } from '../../../src/core/training/recipe/headRecipe';
import { correctVerbosity } from '../../../src/core/training/verbosity';

const recipe: VerbosityRecipe = {
  objective: 'verbosity',
  threshold: 0.03,
  grid: [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  data: null,
};
const objectives = ['free', 'planted', 'verbosity', 'negative', 'bound'];
const responses = 2000;

/** r = own part + share · verbosity, with shares 0, 0.4, 1, −0.5 and 5. */
function plantedRewards(): Float64Array {
  const random = seededRandom(5);
  const rewards = new Float64Array(responses * objectives.length);
  for (let response = 0; response < responses; response += 1) {
    const verbosity = random() - 0.5;
    const row = [0, 0.4, 1, -0.5, 5].map((share, column) => (column === 2 ? 0 : random() - 0.5) + share * verbosity);
    rewards.set(row, response * objectives.length);
  }
  return rewards;
}

describe('the correction for verbosity', () => {
  const rewards = plantedRewards();
  const { lambdas, transform, report } = correctVerbosity({ rewards, objectives, recipe });

  it('finds the smallest λ of the grid that brings the correlation under the threshold', () => {
    assert.equal(lambdas[1], 0.4);
    const planted = report.rows[1];
    assert.ok(0.2 < planted.before && planted.after <= 0.03 && planted.isReached);
  });

  it('looks at the sign: what falls with verbosity is left alone', () => {
    assert.ok(report.rows[3].before < -0.3);
    assert.deepEqual([report.rows[3].lambda, report.rows[3].isReached], [0, true]);
  });

  it('takes 1 where no λ is enough, and says so', () => {
    const bound = report.rows[4];
    assert.deepEqual([bound.lambda, bound.isReached], [1, false]);
    assert.ok(0.9 < bound.after);
  });

  it('makes the matrix of it: identity less the λs in the row of verbosity, nothing left of verbosity itself', () => {
    const corrected = new Float64Array(responses * 5);
    for (let response = 0; response < responses; response += 1) {
      for (let column = 0; column < 5; column += 1) {
        for (let row = 0; row < 5; row += 1) {
          corrected[response * 5 + column] += rewards[response * 5 + row] * transform[row * 5 + column];
        }
      }
    }
    const column = (values: Float64Array, index: number): number[] =>
      Array.from({ length: responses }, (_, response) => values[response * 5 + index]);
    report.rows.forEach(({ after }, index) => {
      if (index === 2) assert.ok(column(corrected, 2).every((value) => value === 0));
      else assert.ok(Math.abs(spearman(column(corrected, index), column(rewards, 2)) - after) < 1e-3);
    });
  });

  it('takes the first λ in the order of the grid', () => {
    const backwards = { ...recipe, grid: recipe.grid.toReversed() };
    assert.equal(correctVerbosity({ rewards, objectives, recipe: backwards }).lambdas[1], 0.9);
  });

  it('takes what is constant as correlated with nothing', () => {
    const constant = Float64Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0.5 : index));
    const found = correctVerbosity({ rewards: constant, objectives: ['a', 'verbosity'], recipe });
    assert.deepEqual([found.report.rows[0].before, found.lambdas[0]], [0, 0]);
  });
});
