import assert from 'node:assert/strict';
import type { AlidadeError } from '../../../../src/core/alidadeError';
import { checkRatedObjective } from '../../../../src/core/training/ratings/checkRatedObjective';
import { choosePenalty } from '../../../../src/core/training/ratings/choosePenalty';
import { splitRatings } from '../../../../src/core/training/ratings/ratingSplit';
import type { RatedObjective } from '../../../../src/core/training/ratings/ratingFit';
import type { RatingsRecipe } from '../../../../src/core/training/recipe/headRecipe';

const ratings: RatingsRecipe = {
  penalties: [1, 10],
  standardise: true,
  intercept: true,
  selection: { kind: 'validation', share: 0.2 },
  choice: 'best',
  refit: 'training',
};
const groups = Array.from({ length: 100 }, (_, row) => `g${row % 25}`);

describe('splitRatings', () => {
  it('holds out a share of the rows, whole groups of them, the same for the same seed', () => {
    const { part } = splitRatings(groups, ratings, 3);
    assert.equal(part.filter((value) => value === 0).length, 20);
    const partOf = new Map<string, number>();
    groups.forEach((group, row) =>
      assert.equal(partOf.get(group) ?? part[row], (partOf.set(group, part[row]), part[row])),
    );
    assert.deepEqual(splitRatings(groups, ratings, 3).part, part);
    assert.notDeepEqual(splitRatings(groups, ratings, 4).part, part);
  });

  it('leaves rows to train on, however large the groups are', () => {
    const { part } = splitRatings(
      ['a', 'a', 'a', 'b'],
      { ...ratings, selection: { kind: 'validation', share: 0.9 } },
      1,
    );
    assert.deepEqual([...new Set(part)].sort(), [0, 1]);
  });

  it('refuses two folds where a penalty is to be chosen', () => {
    const folds: RatingsRecipe = { ...ratings, selection: { kind: 'folds', folds: 2 } };
    assert.throws(() => splitRatings(groups, folds, 1), /2 folds are too few/);
    assert.equal(splitRatings(groups, { ...folds, penalties: [1] }, 1).parts, 2);
  });
});

describe('choosePenalty', () => {
  const losses = [
    [1.2, 1.0, 1.1],
    [1.0, 0.8, 0.9],
    [1.05, 0.82, 0.93],
    [2, 2, 2],
  ];

  it('takes the least loss, or the largest penalty that cannot be told from it', () => {
    const penalties = [1, 10, 100, 1000];
    assert.equal(choosePenalty({ penalties, losses }, 'best'), 10);
    assert.equal(choosePenalty({ penalties, losses }, 'one_standard_error'), 100);
    assert.equal(choosePenalty({ penalties: [4, 7], losses: [[1], [1]] }, 'best'), 4);
  });
});

describe('labels that nothing can be learnt from', () => {
  const rated = (change: Partial<RatedObjective>): RatedObjective => ({
    name: 'kindness',
    kind: 'linear',
    rows: Int32Array.from({ length: 100 }, (_, row) => row),
    targets: Float64Array.from({ length: 100 }, (_, row) => row % 7),
    groups,
    ...change,
  });
  const yesNo = Float64Array.from({ length: 100 }, (_, row) => row % 2);
  const cases: readonly (readonly [string, Partial<RatedObjective>, RegExp])[] = [
    ['constant ratings', { targets: new Float64Array(100).fill(3) }, /all 100 ratings are 3/],
    ['one class', { kind: 'logistic', targets: new Float64Array(100).fill(1) }, /all 100 labels are 1/],
    ['numbers that are no classes', { kind: 'logistic' }, /the label of row 3 is 2/],
    ['NaN', { targets: yesNo.with(4, NaN) }, /the label of row 5 is NaN/],
    ['infinite ratings', { targets: yesNo.with(9, -Infinity) }, /the label of row 10 is -Infinity/],
    ['one group', { groups: groups.map(() => 'a') }, /1 group of 100 rows cannot be split/],
    ['no rows', { rows: new Int32Array(0), targets: new Float64Array(0), groups: [] }, /no row has a label/],
    [
      'a class of one group',
      { kind: 'logistic', targets: Float64Array.from({ length: 100 }, (_, row) => (row === 5 ? 1 : 0)) },
      /only 1 group has the label 1/,
    ],
  ];
  for (const [what, change, message] of cases) {
    it(`are refused: ${what}`, () => {
      assert.throws(
        () => checkRatedObjective(rated(change), ratings.selection),
        (error: AlidadeError) => {
          assert.match(error.message, /^objective kindness: /);
          assert.match(error.message, message);
          assert.ok(error.hint);
          return true;
        },
      );
    });
  }

  it('but others are not', () => {
    checkRatedObjective(rated({}), ratings.selection);
    checkRatedObjective(rated({ kind: 'logistic', targets: yesNo }), { kind: 'folds', folds: 5 });
  });
});
