import assert from 'node:assert/strict';
import type { ScoreEntry } from '../../../src/core/dataset/scoreTable';
import { ScoreTable } from '../../../src/core/dataset/scoreTable';
import type { DatasetQuery } from '../../../src/core/dataset/datasetQuery';
import { seededRandom } from '../../../src/core/seededRandom';

const entry: ScoreEntry = {
  kind: 'pair',
  rank: 0,
  chosen: 0,
  rejected: 0,
  tokens: 5,
  subset: null,
  offset: 0,
  length: 10,
  line: 0,
  excerpt: 'Why?',
};
const worstFirst: DatasetQuery = { kind: 'pair', sort: 'rank', descending: false, subset: null, range: null };

describe('the table of a scored data set', () => {
  it('gives back what it was given, also after it has grown', () => {
    const table = new ScoreTable();
    const entries = Array.from({ length: 3000 }, (_, row) => ({
      ...entry,
      kind: row % 3 === 0 ? ('single' as const) : ('pair' as const),
      rank: row / 7,
      subset: row % 2 === 0 ? null : `subset ${row % 5}`,
      offset: row * 5_000_000_000,
      length: row,
      line: row * 2,
      excerpt: `prompt ${row}`,
    }));
    for (const row of entries) table.add(row);
    assert.equal(table.size, 3000);
    for (const row of [0, 1, 1023, 1024, 2999]) assert.deepEqual(table.entryAt(row), entries[row]);
  });

  it('sorts as Array.sort does, equal rows in the order of the file', () => {
    const random = seededRandom(3);
    const ranks = Array.from({ length: 2000 }, () => Math.round((random() - 0.5) * 50));
    const table = new ScoreTable();
    for (const rank of ranks) table.add({ ...entry, rank });
    const rows = ranks.map((_, row) => row);
    const expected = [...rows].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
    assert.deepEqual([...table.select(worstFirst)], expected);
    const best = [...rows].sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0));
    assert.deepEqual([...table.select({ ...worstFirst, descending: true })], best);
    assert.deepEqual([...table.select({ ...worstFirst, sort: 'place', descending: true })], rows.reverse());
  });

  it('filters by kind, subset and range', () => {
    const table = new ScoreTable();
    table.add({ ...entry, rank: -1, subset: 'a' });
    table.add({ ...entry, rank: 0, subset: 'b' });
    table.add({ ...entry, rank: 1, subset: 'a' });
    table.add({ ...entry, kind: 'error', rank: NaN, subset: 'a' });
    assert.deepEqual([...table.select({ ...worstFirst, subset: 'a' })], [0, 2]);
    assert.deepEqual([...table.select({ ...worstFirst, subset: 'none' })], []);
    assert.deepEqual([...table.select({ ...worstFirst, range: { from: -1, to: 1 } })], [0, 1]);
    assert.deepEqual([...table.select({ ...worstFirst, range: { from: 1, to: 1 } })], [2]);
    assert.deepEqual([...table.select({ ...worstFirst, kind: 'error' })], [3]);
  });

  it('sees rows that came after the last question', () => {
    const table = new ScoreTable();
    table.add({ ...entry, rank: 1 });
    assert.deepEqual([...table.select(worstFirst)], [0]);
    table.add({ ...entry, rank: -1 });
    assert.deepEqual([...table.select(worstFirst)], [1, 0]);
  });
});
