import assert from 'node:assert/strict';
import { meanOf } from '../../../../src/core/merging/hma/heldMean';
import { proposeRatios, type Evaluation } from '../../../../src/core/merging/search/proposeRatios';
import { sampleRatios, type RatioSpace } from '../../../../src/core/merging/search/ratioSpace';
import { seededRandom } from '../../../../src/core/seededRandom';

const free: RatioSpace = { blocks: 3, mean: null, epsilon: 0 };
const held: RatioSpace = { blocks: 3, mean: 0.2, epsilon: 0 };

type Objective = (ratios: readonly number[]) => readonly number[];

/** Reward is best at one point, surprise at another; the front lies between the two. */
function twoBowls(blocks: number): Objective {
  const [first, second] = [
    Array.from({ length: blocks }, (_, block) => 0.05 + 0.6 * (block / Math.max(1, blocks - 1)) ** 2),
    Array.from({ length: blocks }, (_, block) => 0.9 - 0.5 * (block / Math.max(1, blocks - 1))),
  ];
  const distance = (ratios: readonly number[], to: readonly number[]): number =>
    ratios.reduce((sum, ratio, block) => sum + (1 + block) * (ratio - to[block]) ** 2, 0);
  return (ratios) => [2 - distance(ratios, first), -1.5 - 0.3 * distance(ratios, second)];
}

function search(space: RatioSpace, objective: Objective, budget: number, seed = 0): Evaluation[] {
  const evaluations: Evaluation[] = [];
  while (evaluations.length < budget) {
    const ratios = proposeRatios({ space, seed, evaluations });
    if (ratios === null) break;
    evaluations.push({ ratios, values: objective(ratios) });
  }
  return evaluations;
}

/** Area that the points dominate above a corner. */
function hypervolume(evaluations: readonly Evaluation[], corner: readonly number[]): number {
  const points = evaluations
    .map(({ values }) => [Math.max(0, values[0] - corner[0]), Math.max(0, values[1] - corner[1])])
    .sort((one, other) => other[0] - one[0]);
  let [area, height] = [0, 0];
  for (const [width, tall] of points) {
    if (tall <= height) continue;
    area += width * (tall - height);
    height = tall;
  }
  return area;
}

describe('proposals of ratios', () => {
  it('begin with plain averages and a contrast for each block', () => {
    const evaluations = search(free, twoBowls(3), 7);
    assert.deepEqual(
      evaluations.map(({ ratios }) => ratios),
      [
        [0, 0, 0],
        [1, 1, 1],
        [0.2, 0.2, 0.2],
        [0.5, 0.5, 0.5],
        [0.4, 0.1, 0.1],
        [0.1, 0.4, 0.1],
        [0.1, 0.1, 0.4],
      ],
    );
  });

  it('hold the mean where one is given', () => {
    for (const { ratios } of search(held, twoBowls(3), 20)) {
      assert.ok(Math.abs(meanOf(ratios) - 0.2) < 1e-12, ratios.join(' '));
      assert.ok(ratios.every((ratio) => 0 <= ratio && ratio <= 1));
    }
    for (const { ratios } of search({ blocks: 3, mean: 0.4, epsilon: 0.5 }, twoBowls(3), 20)) {
      assert.ok(Math.max(...ratios) <= 3.01 * Math.min(...ratios), ratios.join(' '));
    }
  });

  it('are the same for the same seed, and others for another', () => {
    const ratiosOf = (seed: number): string => JSON.stringify(search(free, twoBowls(3), 14, seed));
    assert.equal(ratiosOf(3), ratiosOf(3));
    assert.notEqual(ratiosOf(3), ratiosOf(4));
  });

  it('never repeat themselves, and end where nothing new is left', () => {
    const evaluations = search(free, twoBowls(3), 30);
    const names = new Set(evaluations.map(({ ratios }) => ratios.join(' ')));
    assert.equal(names.size, 30);
    assert.equal(search({ blocks: 1, mean: 0.3, epsilon: 0 }, twoBowls(1), 5).length, 1);
    assert.equal(search({ blocks: 1, mean: null, epsilon: 0 }, twoBowls(1), 12).length, 12);
  });

  it('come nearer to the front than as many at random, and than plain averages', () => {
    const objective = twoBowls(3);
    const corner = [0, -2.4];
    // As good as it gets: many points along the front.
    const [best] = [search(free, objective, 0)];
    const random = seededRandom(99);
    for (let count = 0; count < 20_000; count += 1) {
      const ratios = sampleRatios(free, random);
      best.push({ ratios, values: objective(ratios) });
    }
    const limit = hypervolume(best, corner);
    const plain = Array.from({ length: 24 }, (_, index) => [index / 23, index / 23, index / 23]).map((ratios) => ({
      ratios,
      values: objective(ratios),
    }));
    const shares = [0, 1, 2].map((seed) => hypervolume(search(free, objective, 24, seed), corner) / limit);
    const chances = [0, 1, 2].map((seed) => hypervolume(best.slice(24 * seed, 24 * seed + 24), corner) / limit);
    assert.ok(Math.min(...shares) > Math.max(...chances, hypervolume(plain, corner) / limit));
    assert.ok(Math.min(...shares) > 0.93);
  });

  it('find the best of one figure', () => {
    const objective = twoBowls(3);
    const onlyFirst: Objective = (ratios) => objective(ratios).slice(0, 1);
    const evaluations = search(held, onlyFirst, 16);
    const random = seededRandom(5);
    const limit = Math.max(...Array.from({ length: 20_000 }, () => onlyFirst(sampleRatios(held, random))[0]));
    assert.ok(limit - 0.005 < Math.max(...evaluations.map(({ values }) => values[0])));
  });

  it('work for a ratio of each layer', () => {
    const evaluations = search({ blocks: 32, mean: null, epsilon: 0 }, twoBowls(32), 40);
    assert.equal(evaluations.length, 40);
  });
});
