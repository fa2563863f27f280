import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/core/seededRandom';
import { logisticLearner } from '../../../src/core/training/linear/crossValidation';
import { crossValidate } from '../../fixtures/linear/crossValidate';
import { ridgeLearner, withStandardisation } from '../../fixtures/linear/ridgeLearner';
import { denseMatrixFromRows } from '../../../src/core/training/linear/denseMatrix';
import { predictLinear } from '../../../src/core/training/linear/linearModel';
import { plainProducts } from '../../fixtures/linear/plainProducts';
import type { RatedObjective } from '../../../src/core/training/ratings/ratingFit';
import type { FeatureMatrix } from '../../../src/core/training/featureMatrix';
import type { RatingsRecipe } from '../../../src/core/training/recipe/headRecipe';
import { fitRatings } from '../../../src/engine/training/fitRatings';
import { quietContext } from '../../fixtures/quietContext';

const context = quietContext();

const published: RatingsRecipe = {
  penalties: [1e-4, 1e-2, 1, 100, 1e4],
  standardise: false,
  intercept: false,
  selection: { kind: 'validation', share: 0.2 },
  choice: 'best',
  refit: 'training',
};

describe('fitRatings', () => {
  it('finds the planted weights of ratings in several patterns of missing labels', async () => {
    const { features, truth } = planted({ rows: 300, columns: 20, noise: 1e-6 });
    const first = rowsBetween(0, 200);
    const second = rowsBetween(150, 300);
    const objectives = [
      rated('a', first, (row) => truth(0, row)),
      rated('b', first, (row) => truth(1, row)),
      rated('c', second, (row) => truth(2, row)),
    ];
    const fits = await fitRatings({ features, objectives, ratings: published, seed: 1 }, context);
    assert.deepEqual(
      fits.map(({ name, penalty }) => [name, penalty]),
      [
        ['a', 1e-4],
        ['b', 1e-4],
        ['c', 1e-4],
      ],
    );
    for (const [index, fit] of fits.entries()) {
      for (let row = 0; row < 300; row += 1) {
        assert.ok(Math.abs(scoreOf(fit, features, row) - truth(index, row)) < 1e-4);
      }
      assert.equal(fit.bias, 0);
    }
  });

  for (const rows of [60, 24]) {
    for (const standardise of [true, false]) {
      it(`agrees with plain loops: ${rows} rows of 30 columns, ${standardise ? 'standardised' : 'raw'}`, async () => {
        const { features, matrix, truth } = planted({ rows, columns: 30, noise: 0.3 });
        const targets = Float64Array.from({ length: rows }, (_, row) => truth(0, row) + 3);
        const objective = rated('a', rowsBetween(0, rows), (row) => targets[row]);
        const ratings: RatingsRecipe = {
          ...published,
          penalties: [5],
          standardise,
          intercept: true,
          selection: { kind: 'folds', folds: 4 },
        };
        const [fit] = await fitRatings({ features, objectives: [objective], ratings, seed: 3 }, context);
        const learner = standardise ? withStandardisation(ridgeLearner) : ridgeLearner;
        const [expected] = learner.fitPath(matrix, targets, [5]);
        const dense = predictLinear(expected, matrix);
        for (let row = 0; row < rows; row += 1) {
          assert.ok(Math.abs(scoreOf(fit, features, row) - dense[row]) < 1e-6);
        }
        const set = { matrix, targets, groups: objective.groups };
        const held = crossValidate({ set, learner, lambdas: [5], folds: 4, seed: 3 });
        assert.deepEqual([...fit.heldOut.fold], held.fold);
        fit.heldOut.predictions.forEach((value, row) => assert.ok(Math.abs(value - held.predictions[row]) < 1e-6));
      });
    }
  }

  it('fits yes/no labels as plain logistic regression does', async () => {
    const { features, matrix, truth } = planted({ rows: 120, columns: 12, noise: 0.5 });
    const targets = Float64Array.from({ length: 120 }, (_, row) => (0 < truth(0, row) ? 1 : 0));
    const objective: RatedObjective = { ...rated('a', rowsBetween(0, 120), (row) => targets[row]), kind: 'logistic' };
    const ratings: RatingsRecipe = {
      ...published,
      penalties: [30, 3],
      standardise: true,
      selection: { kind: 'folds', folds: 3 },
    };
    const [fit] = await fitRatings({ features, objectives: [objective], ratings, seed: 3 }, context);
    const [expected] = withStandardisation(logisticLearner).fitPath(matrix, targets, [fit.penalty]);
    const dense = predictLinear(expected, matrix);
    for (let row = 0; row < 120; row += 1) {
      assert.ok(Math.abs(scoreOf(fit, features, row) - dense[row]) < 1e-4);
    }
  });

  it('gives the same without a runtime', async () => {
    const { features, truth } = planted({ rows: 80, columns: 10, noise: 0.3 });
    const objectives = [rated('a', rowsBetween(0, 80), (row) => truth(0, row))];
    const params = { features, objectives, ratings: published, seed: 1 };
    const [fast] = await fitRatings(params, context);
    const [plain] = await fitRatings({ ...params, products: plainProducts }, context);
    fast.weight.forEach((value, column) => assert.ok(Math.abs(value - plain.weight[column]) < 1e-9));
    assert.equal(fast.penalty, plain.penalty);
  });
});

function planted({ rows, columns, noise }: { rows: number; columns: number; noise: number }) {
  const random = seededRandom(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const values = Array.from({ length: rows }, () =>
    // One column is far larger than the others, as in hidden states.
    Float32Array.from({ length: columns }, (_, column) => (column === 0 ? 500 + 20 * normal() : normal())),
  );
  const weights = Array.from({ length: 3 }, () =>
    Float64Array.from({ length: columns }, (_, column) => (column === 0 ? 0.01 : normal())),
  );
  const errors = weights.map(() => Float64Array.from({ length: rows }, () => noise * normal()));
  const features: FeatureMatrix = {
    rows,
    columns,
    readRows(indices, into) {
      for (let place = 0; place < indices.length; place += 1) into.set(values[indices[place]], place * columns);
    },
  };
  const truth = (objective: number, row: number): number =>
    values[row].reduce((sum, value, column) => sum + value * weights[objective][column], errors[objective][row]);
  return { features, matrix: denseMatrixFromRows(values), truth };
}

function rowsBetween(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, index) => from + index);
}

function rated(name: string, rows: Int32Array, label: (row: number) => number): RatedObjective {
  return {
    name,
    kind: 'linear',
    rows,
    targets: Float64Array.from(rows, label),
    groups: Array.from(rows, (row) => `g${Math.floor(row / 2)}`),
  };
}

function scoreOf(fit: { weight: Float64Array; bias: number }, features: FeatureMatrix, row: number): number {
  const values = new Float32Array(features.columns);
  features.readRows([row], values);
  return values.reduce((sum, value, column) => sum + value * fit.weight[column], fit.bias);
}
