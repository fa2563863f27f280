import assert from 'node:assert/strict';
import { GroupMerger } from '../../../../src/core/training/data/groupMerger';
import { seededRandom } from '../../../fixtures/seededRandom';

describe('GroupMerger', () => {
  it('names what has been joined, over any chain, after the first of it', () => {
    const merger = new GroupMerger();
    merger.join('b', 'c');
    merger.join('x', 'y');
    merger.join('y', 'c');
    assert.deepEqual(
      ['b', 'c', 'x', 'y', 'z'].map((group) => merger.nameOf(group)),
      ['b', 'b', 'b', 'b', 'z'],
    );
  });

  it('finds the same components as a search does', () => {
    const random = seededRandom(8);
    const merger = new GroupMerger();
    const edges = Array.from({ length: 150 }, () => [`n${random.below(200)}`, `n${random.below(200)}`] as const);
    for (const [a, b] of edges) merger.join(a, b);
    const reach = (start: string): ReadonlySet<string> => {
      const found = new Set([start]);
      for (const node of found) {
        for (const [a, b] of edges) {
          if (a === node) found.add(b);
          if (b === node) found.add(a);
        }
      }
      return found;
    };
    for (let node = 0; node < 200; node += 1) {
      const component = reach(`n${node}`);
      for (let other = 0; other < 200; other += 1) {
        assert.equal(merger.nameOf(`n${node}`) === merger.nameOf(`n${other}`), component.has(`n${other}`));
      }
    }
  });

  it('joins a chain of many without going too deep', () => {
    const merger = new GroupMerger();
    for (let node = 100_000; 0 < node; node -= 1) merger.join(`n${node}`, `n${node - 1}`);
    assert.equal(merger.nameOf('n0'), 'n100000');
  });
});
