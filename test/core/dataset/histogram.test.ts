import assert from 'node:assert/strict';
import { buildHistogram, HistogramBuilder } from '../../../src/core/dataset/histogram';
import { seededRandom } from '../../../src/core/seededRandom';

function builderOf(values: readonly number[]): HistogramBuilder {
  const builder = new HistogramBuilder();
  for (const value of values) builder.add(value);
  return builder;
}

describe('a histogram over values of unknown range', () => {
  const random = seededRandom(5);
  const values = Array.from({ length: 5000 }, () => (random() - 0.4) * 3 + (random() < 0.01 ? 40 : 0));

  it('counts every value in the bar where it lies', () => {
    const bins = buildHistogram([builderOf(values)], 40);
    assert.ok(1 < bins.length && bins.length <= 40);
    for (const { from, to, counts } of bins) {
      const expected = values.filter((value) => from <= value && value < to).length;
      assert.equal(counts[0], expected, `${from} to ${to}`);
    }
    assert.equal(
      bins.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0),
      values.length,
    );
  });

  it('does not depend on the order of the values', () => {
    const forwards = buildHistogram([builderOf(values)], 30);
    const backwards = buildHistogram([builderOf([...values].reverse())], 30);
    const sorted = buildHistogram([builderOf([...values].sort((a, b) => a - b))], 30);
    assert.deepEqual(backwards, forwards);
    assert.deepEqual(sorted, forwards);
  });

  it('has ends that are round numbers, zero among them', () => {
    const bins = buildHistogram([builderOf([-0.31, 0.1, 0.3, 0.9])], 20);
    assert.deepEqual(
      bins.map(({ from }) => from),
      [-0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    );
    assert.equal(bins.at(-1)?.to, 1);
    assert.deepEqual(bins[7]?.counts, [1], '0.3 is counted from 0.3 to 0.4');
  });

  it('keeps its memory when one value lies far away, at both ends of the scale', () => {
    const builder = builderOf([...values, 1e30, -1e-30, 0]);
    assert.ok(builder.fineBins.size <= 1000);
    const bins = buildHistogram([builder], 40);
    assert.equal(
      bins.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0),
      values.length + 3,
    );
    assert.equal(bins.at(-1)?.counts[0], 1);
  });

  it('puts several series over the same bars, also when their ranges differ by far', () => {
    const [wide, narrow] = [builderOf([-500, 20, 731]), builderOf([0.001, 0.002, 12])];
    const bins = buildHistogram([wide, narrow, new HistogramBuilder()], 24);
    const sums = [0, 1, 2].map((series) => bins.reduce((sum, { counts }) => sum + (counts[series] ?? NaN), 0));
    assert.deepEqual(sums, [3, 3, 0]);
    assert.deepEqual(bins.find(({ from, to }) => from <= 12 && 12 < to)?.counts, [1, 3, 0]);
  });

  it('draws one bar for one value, none for nothing, and counts no NaN', () => {
    assert.deepEqual(buildHistogram([builderOf([0.25, 0.25, NaN, Infinity])], 40), [
      { from: 0.25, to: 0.25, counts: [2] },
    ]);
    assert.deepEqual(buildHistogram([new HistogramBuilder()], 40), []);
  });

  it('can tell apart values that differ little beside their size', () => {
    const bins = buildHistogram([builderOf([1e10, 1e10 + 1, 1e10 + 2])], 40);
    assert.ok(3 <= bins.filter(({ counts }) => counts[0] === 1).length);
  });
});
