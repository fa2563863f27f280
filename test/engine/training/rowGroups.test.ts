import assert from 'node:assert/strict';
import { RowGroups } from '../../../src/engine/training/rowGroups';

function groupsOf(rows: readonly (readonly [group: string | null, prompt: string])[]): readonly string[] {
  const groups = new RowGroups();
  return groups
    .resolve(rows.map(([group, prompt]) => ({ group: groups.add(group, prompt) })))
    .map(({ group }) => group);
}

describe('RowGroups', () => {
  it('joins rows of one group, rows with one prompt, and what they have in common with others', () => {
    const [a, b, c, d, e] = groupsOf([
      ['1', 'Hello'],
      ['2', 'Hello'],
      ['2', 'Good day'],
      [null, 'Good day'],
      [null, 'Bye'],
    ]);
    assert.deepEqual([b, c, d], [a, a, a]);
    assert.notEqual(e, a);
  });

  it('leaves rows without a group and a prompt, and rows that all have one prompt, alone', () => {
    assert.equal(
      new Set(
        groupsOf([
          [null, ''],
          [null, ''],
          [null, 'Hi'],
        ]),
      ).size,
      3,
    );
    assert.equal(
      new Set(
        groupsOf([
          [null, 'Hi'],
          [null, 'Hi'],
          [null, 'Hi'],
        ]),
      ).size,
      3,
    );
    assert.equal(
      new Set(
        groupsOf([
          ['1', 'Hi'],
          ['1', 'Hi'],
          ['2', 'Hi'],
        ]),
      ).size,
      2,
    );
    assert.deepEqual(groupsOf([]), []);
  });
});
