import assert from 'node:assert/strict';
import type { PairLengths } from '../../../src/core/labels/lengthBias';
import { LengthBias } from '../../../src/core/labels/lengthBias';
import { seededRandom } from '../../../src/core/seededRandom';

function summaryOf(pairs: readonly PairLengths[]) {
  const bias = new LengthBias();
  for (const pair of pairs) bias.add(pair);
  return bias.summary();
}

/** Pearson's correlation by its definition. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (term: (index: number) => number): number => x.reduce((total, _, index) => total + term(index), 0);
  const covariance = sum((index) => (x[index] - mx) * (y[index] - my));
  return covariance / Math.sqrt(sum((index) => (x[index] - mx) ** 2) * sum((index) => (y[index] - my) ** 2));
}

describe('length bias', () => {
  it('is the share of longer chosen replies among those that differ, with its interval', () => {
    const pair = (chosen: number, rejected: number): PairLengths => ({ chosen, rejected, margin: null });
    const summary = summaryOf([pair(5, 3), pair(5, 3), pair(5, 3), pair(1, 3), pair(3, 3)]);
    assert.deepEqual(
      { ...summary, interval: null },
      {
        pairs: 5,
        longer: 3,
        ties: 1,
        share: 0.75,
        interval: null,
        correlation: null,
        scored: 0,
        rule: null,
      },
    );
    // Wilson's interval of 3 in 4.
    assert.ok(Math.abs((summary.interval?.low ?? 0) - 0.3006) < 1e-4);
    assert.ok(Math.abs((summary.interval?.high ?? 0) - 0.9544) < 1e-4);
  });

  it('names a rule only where the number of pairs bears it out', () => {
    const file = (longer: number, shorter: number): PairLengths[] => [
      ...Array.from({ length: longer }, () => ({ chosen: 9, rejected: 4, margin: null })),
      ...Array.from({ length: shorter }, () => ({ chosen: 4, rejected: 9, margin: null })),
    ];
    assert.equal(summaryOf(file(7, 3)).rule, null);
    assert.equal(summaryOf(file(70, 30)).rule, 'longer');
    assert.equal(summaryOf(file(55, 45)).rule, null);
    assert.equal(summaryOf(file(30, 70)).rule, 'shorter');
    assert.equal(summaryOf([]).rule, null);
  });

  it('correlates margins with differences of length as the definition does', () => {
    const random = seededRandom(3);
    const pairs = Array.from({ length: 500 }, () => {
      const [chosen, rejected] = [Math.floor(1e6 + random() * 4000), Math.floor(1e6 + random() * 4000)];
      return { chosen, rejected, margin: (chosen - rejected) / 2000 + random() };
    });
    const expected = pearson(
      pairs.map(({ chosen, rejected }) => chosen - rejected),
      pairs.map(({ margin }) => margin),
    );
    assert.ok(Math.abs((summaryOf(pairs).correlation ?? 0) - expected) < 1e-12);
    assert.equal(summaryOf(pairs.slice(0, 9)).correlation, null);
    assert.equal(
      summaryOf(Array.from({ length: 20 }, () => ({ chosen: 2, rejected: 1, margin: 1 }))).correlation,
      null,
    );
  });
});
