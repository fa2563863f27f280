import assert from 'node:assert/strict';
import { chooseLambda, logisticLearner } from '../../../../src/core/training/linear/crossValidation';
import { crossValidate } from '../../../fixtures/linear/crossValidate';
import { ridgeLearner, withStandardisation } from '../../../fixtures/linear/ridgeLearner';
import { denseMatrixFromRows } from '../../../../src/core/training/linear/denseMatrix';
import { groupedFolds } from '../../../../src/core/training/linear/groupedFolds';
import { areaUnderRoc, spearman } from '../../../../src/core/training/evaluation/rankMetrics';
import { seededRandom } from '../../../../src/core/seededRandom';

const lambdas = [1000, 100, 10, 1, 0.1];

describe('groupedFolds', () => {
  const groups = Array.from({ length: 97 }, (_, row) => `group-${row % 23}`);

  it('never splits a group and fills the folds evenly', () => {
    const folds = groupedFolds(groups, { folds: 5, seed: 1 });
    const foldsOfGroup = new Map<string, Set<number>>();
    groups.forEach((group, row) => {
      foldsOfGroup.set(group, (foldsOfGroup.get(group) ?? new Set()).add(folds[row]));
    });
    assert.ok([...foldsOfGroup.values()].every((set) => set.size === 1));
    const sizes = [0, 1, 2, 3, 4].map((fold) => folds.filter((value) => value === fold).length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 5, sizes.join(' '));
  });

  it('depends on the groups and the seed, not on the order of the rows', () => {
    const options = { folds: 5, seed: 3 };
    const folds = groupedFolds(groups, options);
    assert.deepEqual(groupedFolds(groups.toReversed(), options).toReversed(), folds);
    assert.notDeepEqual(groupedFolds(groups, { folds: 5, seed: 4 }), folds);
  });

  it('refuses fewer groups than folds', () => {
    assert.throws(() => groupedFolds(['a', 'a', 'b'], { folds: 3, seed: 1 }), RangeError);
  });
});

describe('crossValidate', () => {
  it('finds nothing in noise, however often a group repeats its rows', () => {
    const random = seededRandom(7);
    const originals = Array.from({ length: 60 }, () => ({
      features: Array.from({ length: 80 }, () => random() - 0.5),
      target: random() < 0.5 ? 1 : 0,
    }));
    const rows = originals.flatMap((original, group) =>
      [0, 1, 2].map(() => ({ ...original, group: `group-${group}` })),
    );
    const targets = Float64Array.from(rows, (row) => row.target);
    const matrix = denseMatrixFromRows(rows.map((row) => row.features));
    const options = { learner: withStandardisation(logisticLearner), lambdas, folds: 5, seed: 1 };
    const grouped = crossValidate({ ...options, set: { matrix, targets, groups: rows.map((row) => row.group) } });
    const leaking = crossValidate({ ...options, set: { matrix, targets, groups: rows.map((_, row) => `${row}`) } });
    assert.ok(areaUnderRoc(grouped.predictions, targets) < 0.7);
    assert.ok(0.95 < areaUnderRoc(leaking.predictions, targets));
  });

  it('finds a signal, for ridge and for logistic regression', () => {
    const random = seededRandom(8);
    const features = Array.from({ length: 150 }, () => Array.from({ length: 10 }, () => random() - 0.5));
    const signal = features.map((row) => 4 * row[0] - 3 * row[1] + 0.3 * (random() - 0.5));
    const groups = features.map((_, row) => `${row}`);
    const matrix = denseMatrixFromRows(features.map((row) => row.map((value, column) => value * 10 ** (column % 4))));
    const options = { lambdas, folds: 5, seed: 1 };
    const ridge = crossValidate({
      ...options,
      learner: withStandardisation(ridgeLearner),
      set: { matrix, targets: Float64Array.from(signal), groups },
    });
    assert.ok(0.97 < spearman(ridge.predictions, signal));
    const targets = Float64Array.from(signal, (value) => (0 < value ? 1 : 0));
    const logistic = crossValidate({
      ...options,
      learner: withStandardisation(logisticLearner),
      set: { matrix, targets, groups },
    });
    assert.ok(0.97 < areaUnderRoc(logistic.predictions, targets));
  });
});

describe('chooseLambda', () => {
  it('takes the largest penalty for noise and the smallest for an exact line', () => {
    const random = seededRandom(9);
    const features = Array.from({ length: 60 }, () => Array.from({ length: 30 }, () => random() - 0.5));
    const groups = features.map((_, row) => `${row}`);
    const matrix = denseMatrixFromRows(features);
    const options = { learner: ridgeLearner, lambdas, folds: 5, seed: 1 };
    const noise = Float64Array.from(features, () => random());
    const line = Float64Array.from(features, (row) => 5 * row[0]);
    assert.equal(chooseLambda({ ...options, set: { matrix, targets: noise, groups } }), 1000);
    assert.equal(chooseLambda({ ...options, set: { matrix, targets: line, groups } }), 0.1);
  });
});
