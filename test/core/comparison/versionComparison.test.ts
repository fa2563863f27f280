import assert from 'node:assert/strict';
import { pairedDifference, unpairedDifference } from '../../../src/core/comparison/meanDifference';
import { compareProfiles } from '../../../src/core/comparison/profileDifference';
import { compareVersions, type ComparedAnswer } from '../../../src/core/comparison/versionComparison';
import { seededRandom } from '../../../src/core/seededRandom';
import { assertClose } from '../../fixtures/assertClose';

/** An answer with rewards and the coefficients that weigh them. */
function answer(rewards: readonly number[], coefficients: readonly number[] = rewards.map(() => 1)): ComparedAnswer {
  const objectives = rewards.map((reward, index) => ({
    name: `objective ${index}`,
    reward,
    coefficient: coefficients[index],
    contribution: coefficients[index] * reward,
  }));
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { score, objectives, responseTokens: 10 * rewards[0] };
}

const answers = (...scores: number[]): ComparedAnswer[] => scores.map((score) => answer([score]));

describe('comparing versions of a prompt', () => {
  it("finds the paired t interval of Student's own data on two sleeping drugs", () => {
    // Student 1908: additional hours of sleep of ten patients; t = 4.0621 with 9 degrees of freedom.
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const comparison = compareVersions(
      first.map((value, index) => ({ first: answers(value), second: answers(second[index]) })),
    );
    assert.ok(comparison !== null && comparison.score.interval !== null);
    assertClose([comparison.score.difference], [1.58], { tolerance: 1e-12 });
    assertClose([comparison.score.interval.low, comparison.score.interval.high], [0.7001142, 2.4598858], {
      tolerance: 1e-6,
    });
    assert.equal(comparison.score.verdict, 'higher');
    assert.equal(comparison.basis, 'inputs');
    const { wins, ties, losses } = comparison.score;
    assert.deepEqual([wins, ties, losses], [9, 1, 0]);
  });

  it('counts every input alike, however many answers it has', () => {
    const comparison = compareVersions([
      { first: answers(0, 0, 0, 0), second: answers(1, 3) },
      { first: answers(1), second: answers(5) },
      { first: [], second: answers(100) },
    ]);
    assert.equal(comparison?.inputs, 2);
    assert.deepEqual(comparison.answers, { first: 5, second: 3 });
    assert.equal(comparison.score.first, 0.5);
    assert.equal(comparison.score.second, 3.5);
    assert.equal(comparison.score.difference, 3);
  });

  it('says that there is no clear difference where the interval includes 0', () => {
    const comparison = compareVersions([
      { first: answers(0), second: answers(1) },
      { first: answers(0), second: answers(2) },
    ]);
    // 1.5 ± 12.7062 · 0.5
    assert.ok(comparison !== null && comparison.score.interval !== null);
    assertClose([comparison.score.interval.low], [1.5 - 12.706204736432095 / 2], { tolerance: 1e-9 });
    assert.equal(comparison.score.verdict, 'unclear');
  });

  it('has for one input an interval over its answers, and says so', () => {
    const comparison = compareVersions([{ first: answers(1, 2, 3), second: answers(11, 12, 13) }]);
    assert.equal(comparison?.basis, 'answers');
    // Equal variances and sizes: 4 degrees of freedom, standard error √(2/3).
    assertClose([comparison.score.interval?.low ?? NaN], [10 - 2.7764451051977987 * Math.sqrt(2 / 3)], {
      tolerance: 1e-9,
    });
    assert.equal(comparison.score.verdict, 'higher');
  });

  it('says nothing about chance from one answer each, or from answers that are all the same', () => {
    for (const values of [[1], [1, 1, 1]]) {
      const comparison = compareVersions([
        { first: answers(...values), second: answers(...values.map((value) => value + 1)) },
      ]);
      assert.equal(comparison?.basis, 'none');
      assert.equal(comparison.score.interval, null);
      assert.equal(comparison.score.verdict, 'unknown');
    }
    assert.equal(pairedDifference([0.5, 0.5, 0.5]).interval, null);
    assert.equal(pairedDifference([0.5]).interval, null);
    assert.equal(unpairedDifference([1, 2], [4]).interval, null);
  });

  it('calls versions the same only where not one input differs', () => {
    const same = { first: answers(1), second: answers(1) };
    assert.equal(compareVersions([same, same])?.score.verdict, 'same');
    assert.equal(compareVersions([same, { first: answers(1), second: answers(1.1) }])?.score.verdict, 'unclear');
    // One input that does not differ says nothing about others.
    assert.equal(compareVersions([same])?.score.verdict, 'unknown');
  });

  it('is null without an input that both have answered', () => {
    assert.equal(compareVersions([]), null);
    assert.equal(compareVersions([{ first: answers(1), second: [] }]), null);
  });

  it('has contributions and parts that add up to the difference of the score', () => {
    const random = seededRandom(4);
    const several = (count: number, coefficients: readonly number[]): ComparedAnswer[] =>
      Array.from({ length: count }, () => answer([random(), random(), random()], coefficients));
    const weights = (): number[] => [random(), random(), -random()];
    const comparison = compareVersions(
      Array.from({ length: 6 }, () => ({ first: several(3, weights()), second: several(2, weights()) })),
    );
    assert.ok(comparison !== null && comparison.parts !== null);
    const { score, objectives, parts } = comparison;
    const sum = objectives.reduce((total, { contribution }) => total + contribution.difference, 0);
    assertClose([sum, parts.rewards + parts.weights], [score.difference, score.difference], { tolerance: 1e-12 });
  });

  it('knows that nothing is due to the weights where they are the same', () => {
    const weights = [0.2, 0.8];
    const comparison = compareVersions([
      { first: [answer([1, 2], weights)], second: [answer([2, 2], weights)] },
      { first: [answer([1, 1], weights)], second: [answer([3, 0], weights)] },
    ]);
    assert.equal(comparison?.parts, null);
  });

  it('covers the truth in about 95 of 100 cases', () => {
    const random = seededRandom(11);
    const trials = 2000;
    let covered = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      // Sums of uniform numbers with mean 0: near enough to normal.
      const differences = Array.from({ length: 5 }, () =>
        Array.from({ length: 6 }, () => random() - 0.5).reduce((sum, value) => sum + value, 0),
      );
      const { interval } = pairedDifference(differences);
      if (interval !== null && interval.low <= 0 && 0 <= interval.high) covered += 1;
    }
    assert.ok(0.935 < covered / trials && covered / trials < 0.965, String(covered / trials));
  });
});

describe('comparing what the gate weighs', () => {
  const profile = (...gates: number[]) =>
    gates.map((gate, index) => ({ name: `objective ${index}`, gate, coefficient: 2 * gate }));

  it('takes the mean over the inputs that both were profiled for', () => {
    const found = compareProfiles([
      { first: profile(0.2, 0.8), second: profile(0.4, 0.6) },
      { first: profile(0.4, 0.6), second: profile(0.4, 0.6) },
      { first: profile(1, 0), second: null },
    ]);
    assert.deepEqual(
      found.map(({ name }) => name),
      ['objective 0', 'objective 1'],
    );
    assertClose([found[0].first.gate, found[0].second.gate, found[1].first.coefficient], [0.3, 0.4, 1.4], {
      tolerance: 1e-12,
    });
  });

  it('is empty where there is nothing to compare', () => {
    assert.deepEqual(compareProfiles([{ first: profile(1), second: null }]), []);
  });
});
