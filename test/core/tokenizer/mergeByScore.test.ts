import assert from 'node:assert/strict';
import { mergeByScore } from '../../../src/core/tokenizer/mergeByScore';
import { seededRandom } from '../../fixtures/seededRandom';

describe('mergeByScore', () => {
  it('makes the piece with the highest score first', () => {
    const scores = new Map([
      ['ab', -2],
      ['bc', -1],
      ['abc', -3],
    ]);
    assert.deepEqual(mergeByScore('abc', scores), ['abc']);
    assert.deepEqual(mergeByScore('abcab', scores), ['abc', 'ab']);
    scores.delete('abc');
    assert.deepEqual(mergeByScore('abc', scores), ['a', 'bc']);
  });

  it('takes the leftmost of equals, however the piece is made up', () => {
    const scores = new Map([
      ['aa', -1],
      ['aab', -2],
      ['aabb', -9],
      ['bb', -3],
    ]);
    assert.deepEqual(mergeByScore('aaaaa', scores), ['aa', 'aa', 'a']);
    // `xyx` from `xy` + `x` comes before `xyx` from `x` + `yx` only because it lies further left.
    const twoWays = new Map([
      ['xy', -1],
      ['yx', -1],
      ['xyx', -2],
    ]);
    assert.deepEqual(mergeByScore('xyxyx', twoWays), ['xy', 'xyx']);
    assert.deepEqual(mergeByScore('yxyx', twoWays), ['yx', 'yx']);
    assert.deepEqual(mergeByScore('aabb', scores), ['aabb']);
  });

  it('keeps characters whole, and gives nothing for nothing', () => {
    assert.deepEqual(mergeByScore('', new Map()), []);
    assert.deepEqual(mergeByScore('a😀b', new Map([['😀b', 0]])), ['a', '😀b']);
    assert.deepEqual(mergeByScore('\ud83d', new Map()), ['\ud83d']);
  });

  it('does what trying every pair again and again does', () => {
    const { next: random } = seededRandom(3);
    const letters = ['a', 'b', 'c', '😀'];
    for (let round = 0; round < 300; round += 1) {
      const scores = new Map<string, number>();
      for (let piece = 0; piece < 25; piece += 1) {
        const length = 2 + Math.floor(random() * 4);
        const text = Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
        scores.set(text, -Math.floor(random() * 6));
      }
      const length = Math.floor(random() * 30);
      const text = Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
      assert.deepEqual(mergeByScore(text, scores), mergeSlowly(text, scores), text);
    }
  });
});

/** The definition, word by word. */
function mergeSlowly(text: string, scores: ReadonlyMap<string, number>): string[] {
  const pieces = Array.from(text);
  for (;;) {
    let [best, bestScore] = [-1, -Infinity];
    for (let index = 0; index + 1 < pieces.length; index += 1) {
      const score = scores.get(pieces[index] + pieces[index + 1]);
      if (score !== undefined && bestScore < score) [best, bestScore] = [index, score];
    }
    if (best < 0) return pieces;
    pieces.splice(best, 2, pieces[best] + pieces[best + 1]);
  }
}
