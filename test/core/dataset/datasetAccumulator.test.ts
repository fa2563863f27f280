import assert from 'node:assert/strict';
import { DatasetAccumulator } from '../../../src/core/dataset/datasetAccumulator';
import type { RewardBreakdown, ScoredRow } from '../../../src/core/reward/rewardBreakdown';

function text(rewards: Readonly<Record<string, number>>, tokens = 10): RewardBreakdown {
  const objectives = Object.entries(rewards).map(([name, reward]) => ({
    name,
    reward,
    coefficient: 0.5,
    contribution: 0.5 * reward,
  }));
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { score, tokens, truncated: tokens === 99, objectives };
}

function pair(id: string, chosen: RewardBreakdown, rejected: RewardBreakdown): ScoredRow {
  return { id, chosen, rejected, margin: chosen.score - rejected.score };
}

function accumulate(rows: readonly (readonly [ScoredRow, string | null])[]): DatasetAccumulator {
  const accumulator = new DatasetAccumulator();
  for (const [row, subset] of rows) accumulator.add(row, subset);
  return accumulator;
}

describe('the overview of a scored data set', () => {
  const overview = accumulate([
    [pair('1', text({ kind: 2, brief: 0 }), text({ kind: 1, brief: 0.5 })), 'chat'],
    [pair('2', text({ kind: 1, brief: 0 }), text({ kind: 1, brief: 0 })), 'chat'],
    [pair('3', text({ kind: 0, brief: 1 }), text({ kind: 4, brief: 0.25 }, 99)), 'code'],
    [{ id: '4', error: { code: 'row', message: 'row 4: broken' } }, 'code'],
    [{ id: '5', ...text({ kind: 4, brief: 0 }) }, null],
    [{ id: '6', responses: [text({ kind: 5, brief: 0 }), text({ kind: 6, brief: 0 })], best: 1 }, null],
  ]).overview();

  it('counts rows by kind, tokens of every response, and truncated responses', () => {
    assert.equal(overview.rows, 6);
    assert.deepEqual(overview.kinds, { pair: 3, single: 1, list: 1, error: 1 });
    assert.equal(overview.tokens, 10 * 8 + 99);
    assert.equal(overview.truncated, 1);
  });

  it('counts a pair as won when chosen scores strictly higher, and ties apart', () => {
    assert.ok(overview.pairs !== null);
    const { n, wins, ties, accuracy, interval } = overview.pairs;
    assert.deepEqual({ n, wins, ties, accuracy }, { n: 3, wins: 1, ties: 1, accuracy: 1 / 3 });
    assert.ok(interval.low < 1 / 3 && 1 / 3 < interval.high);
  });

  it('says of each objective how often chosen has more of it', () => {
    const [kind, brief] = overview.objectives;
    assert.deepEqual([kind?.name, kind?.pairs?.wins, kind?.pairs?.ties], ['kind', 1, 1]);
    assert.deepEqual([brief?.name, brief?.pairs?.wins, brief?.pairs?.ties], ['brief', 1, 1]);
  });

  it('keeps the rewards of chosen, rejected and other responses apart', () => {
    const kind = overview.objectives[0];
    assert.deepEqual(
      kind?.series.map(({ role, statistics: { count, mean, min, max } }) => ({ role, count, mean, min, max })),
      [
        { role: 'chosen', count: 3, mean: 1, min: 0, max: 2 },
        { role: 'rejected', count: 3, mean: 2, min: 1, max: 4 },
        { role: 'response', count: 3, mean: 5, min: 4, max: 6 },
      ],
    );
    const counted = kind?.bins.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
    assert.equal(counted, 9);
  });

  it('has margins of pairs, and scores of all that are no pairs', () => {
    assert.equal(overview.margins?.series[0]?.statistics.count, 3);
    assert.equal(overview.scores?.series[0]?.statistics.count, 3);
    assert.equal(overview.scores.series[0].statistics.max, 3);
  });

  it('counts subsets, errors included', () => {
    assert.deepEqual(
      overview.subsets.map(({ name, rows, errors, pairs }) => [name, rows, errors, pairs?.n, pairs?.wins]),
      [
        ['chat', 2, 0, 2, 1],
        ['code', 2, 1, 1, 0],
      ],
    );
  });

  it('has the deviation of the population', () => {
    const values = [1, 2, 4, 9];
    const accumulator = accumulate(values.map((value) => [{ id: 'x', ...text({ one: value }) }, null]));
    const { deviation } = accumulator.overview().objectives[0]?.series[0]?.statistics ?? assert.fail();
    const mean = 4;
    const expected = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    assert.ok(Math.abs(deviation - expected) < 1e-12);
  });

  it('says that there is nothing where there is nothing', () => {
    const nothing = new DatasetAccumulator().overview();
    assert.deepEqual(
      [nothing.rows, nothing.pairs, nothing.margins, nothing.scores, nothing.objectives, nothing.subsets],
      [0, null, null, null, [], []],
    );
    const onlyErrors = accumulate([[{ id: '1', error: { code: 'row', message: 'no' } }, null]]).overview();
    assert.deepEqual([onlyErrors.rows, onlyErrors.kinds.error, onlyErrors.pairs], [1, 1, null]);
  });
});
