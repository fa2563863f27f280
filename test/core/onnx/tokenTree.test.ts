import assert from 'node:assert/strict';
import { slotsToKeep } from '../../../src/core/onnx/slotsToKeep';
import { TokenTree } from '../../../src/core/onnx/tokenTree';

/** Adds sequences as a session does, everything known being kept. */
function treeOf(...sequences: readonly (readonly number[])[]): TokenTree {
  const tree = new TokenTree();
  for (const ids of sequences) tree.insert(ids, tree.find(ids), tree.size);
  return tree;
}

function biasRows(tree: TokenTree, from: number, window: number | null): string[] {
  const to = tree.size;
  const bias = new Float32Array((to - from) * to).fill(7);
  tree.fillBias(bias, { from, to, window, hidden: -9 });
  return Array.from({ length: to - from }, (_, row) =>
    Array.from(bias.subarray(row * to, (row + 1) * to), (value) => (value === 0 ? 'o' : value === -9 ? '.' : '?')).join(
      '',
    ),
  );
}

describe('TokenTree', () => {
  it('shares the slots of a common beginning', () => {
    const tree = treeOf([1, 2, 3], [1, 2, 4, 5], [6]);
    assert.equal(tree.size, 6);
    assert.deepEqual(tree.find([1, 2, 4, 5, 9]), [0, 1, 3, 4]);
    assert.deepEqual(tree.find([6, 1]), [5]);
    assert.deepEqual(tree.find([7]), []);
    assert.deepEqual(
      Array.from({ length: 6 }, (_, slot) => tree.positionAt(slot)),
      [0, 1, 2, 2, 3, 0],
    );
  });

  it('lets a token see itself and what comes before it in its sequence', () => {
    const tree = treeOf([1, 2, 3], [1, 2, 4, 5], [6, 7]);
    assert.deepEqual(biasRows(tree, 0, null), [
      'o......',
      'oo.....',
      'ooo....',
      'oo.o...',
      'oo.oo..',
      '.....o.',
      '.....oo',
    ]);
    assert.deepEqual(biasRows(tree, 3, null), ['oo.o...', 'oo.oo..', '.....o.', '.....oo']);
    assert.deepEqual(biasRows(tree, 3, 2), ['.o.o...', '...oo..', '.....o.', '.....oo']);
  });

  it('forgets what is cut off, and nothing else', () => {
    const tree = treeOf([1, 2, 3], [1, 4]);
    tree.truncate(2);
    assert.equal(tree.size, 2);
    assert.deepEqual(tree.find([1, 2, 3]), [0, 1]);
    assert.deepEqual(tree.find([1, 4]), [0]);
    assert.deepEqual(tree.insert([1, 4], tree.find([1, 4]), tree.size), [0, 2]);
  });

  it('computes anew from where it is told to, and shares what is new', () => {
    const tree = treeOf([1, 2, 3]);
    const fresh = tree.size;
    const again = tree.insert([1, 2, 3], [0], fresh);
    assert.deepEqual(again, [0, 3, 4]);
    assert.deepEqual(tree.insert([1, 2, 3, 4], [0], fresh), [0, 3, 4, 5]);
    assert.deepEqual(tree.find([1, 2, 3]), [0, 3, 4]);
    tree.truncate(3);
    assert.deepEqual(tree.find([1, 2, 3]), [0], 'what was replaced is not found again');
  });
});

describe('slotsToKeep', () => {
  const keep = (tree: TokenTree, ...sequences: readonly (readonly number[])[]): number =>
    slotsToKeep(
      tree,
      sequences.map((ids) => ({ kept: tree.find(ids), length: ids.length })),
    );
  const text = (count: number, first: number): number[] => Array.from({ length: count }, (_, index) => first + index);

  it('keeps all when one of several texts goes on', () => {
    const [prompt, a, b] = [text(300, 0), text(100, 1000), text(100, 2000)];
    const tree = treeOf([...prompt, ...a, 5], [...prompt, ...b, 5]);
    assert.equal(keep(tree, [...prompt, ...a, 6, 5], [...prompt, ...b, 5]), tree.size);
  });

  it('drops another text, but not the beginning that both have', () => {
    const tree = treeOf([...text(20, 0), ...text(400, 1000)]);
    assert.equal(keep(tree, [...text(20, 0), ...text(400, 3000)]), 20);
    assert.equal(keep(tree, text(400, 3000)), 0);
  });

  it('begins anew when the cache would grow without end', () => {
    const tree = treeOf(text(8000, 0));
    assert.equal(keep(tree, [...text(8000, 0), ...text(500, 10_000)]), 8000, 'all of it is needed');
    assert.equal(keep(treeOf(text(8000, 0), text(150, 20_000)), text(8000, 0), text(200, 30_000)), 8000);
  });
});
