import assert from 'node:assert/strict';
import { splitGroups } from '../../../../src/core/training/data/splitGroups';
import { seededRandom } from '../../../fixtures/seededRandom';

const groupsOf = (rows: number, groups: number): string[] =>
  Array.from({ length: rows }, (_, row) => `g${(row * 7919) % groups}`);

describe('splitGroups', () => {
  it('holds out the share, and never parts a group', () => {
    const groups = groupsOf(1000, 137);
    const { training, heldOut } = splitGroups(groups, { share: 0.2, seed: 1 });
    assert.ok(Math.abs(heldOut.length - 200) <= 8, String(heldOut.length));
    assert.deepEqual(
      [...training, ...heldOut].sort((a, b) => a - b),
      Array.from(groups.keys()),
    );
    const held = new Set([...heldOut].map((row) => groups[row]));
    assert.ok([...training].every((row) => !held.has(groups[row])));
  });

  it('draws the same groups for the same seed whatever the order of the rows, and others for another seed', () => {
    const groups = groupsOf(300, 60);
    const heldOf = (rows: readonly string[], seed: number): readonly string[] =>
      [...new Set([...splitGroups(rows, { share: 0.3, seed }).heldOut].map((row) => rows[row]))].sort();
    assert.deepEqual(heldOf([...groups].reverse(), 5), heldOf(groups, 5));
    assert.notDeepEqual(heldOf(groups, 6), heldOf(groups, 5));
  });

  it('leaves rows on both sides however large the groups are', () => {
    const random = seededRandom(3);
    for (let trial = 0; trial < 500; trial += 1) {
      const groups = Array.from({ length: 2 + random.below(40) }, () => `g${random.below(1 + random.below(6))}`);
      if (new Set(groups).size < 2) continue;
      const share = 0.01 + 0.89 * (random.below(1000) / 1000);
      const { training, heldOut } = splitGroups(groups, { share, seed: trial });
      assert.ok(0 < training.length && 0 < heldOut.length, groups.join());
    }
  });

  it('refuses rows that are all of one group', () => {
    assert.throws(() => splitGroups(['a', 'a', 'a'], { share: 0.5, seed: 0 }), { code: 'recipe' });
  });
});
