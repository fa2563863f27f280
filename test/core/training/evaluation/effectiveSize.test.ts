import assert from 'node:assert/strict';
import { effectiveSize } from '../../../../src/core/training/evaluation/effectiveSize';
import { seededRandom } from '../../../../src/core/seededRandom';

describe('effectiveSize', () => {
  it('is the number of rows where each is a group of its own', () => {
    assert.equal(effectiveSize([1, 0, 1, 1], ['a', 'b', 'c', 'd']), 4);
  });

  it('is about the number of groups where rows of a group are the same', () => {
    const random = seededRandom(3);
    const groups: string[] = [];
    const values: number[] = [];
    for (let group = 0; group < 200; group += 1) {
      const value = random();
      for (let copy = 0; copy < 5; copy += 1) {
        groups.push(`g${group}`);
        values.push(value);
      }
    }
    const size = effectiveSize(values, groups);
    assert.ok(190 < size && size <= 210, `${size}`);
  });

  it('claims no advantage where rows of a group make up for each other', () => {
    const values = [1, 0, 0, 1, 1, 0, 0, 1];
    assert.equal(effectiveSize(values, ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']), 8);
  });

  it('counts the groups where all rows are alike, and one group as one', () => {
    assert.equal(effectiveSize([1, 1, 1, 1], ['a', 'a', 'b', 'b']), 2);
    assert.equal(effectiveSize([1, 0, 1], ['a', 'a', 'a']), 1);
  });
});
