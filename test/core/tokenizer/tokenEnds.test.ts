import assert from 'node:assert/strict';
import { tokenEnds } from '../../../src/core/tokenizer/tokenEnds';

/** A tokenizer of whole pieces. */
function tokenizerOf(pieces: readonly string[]): { decode(ids: readonly number[]): string } {
  return { decode: (ids) => ids.map((id) => pieces[id]).join('') };
}

describe('tokenEnds', () => {
  it('says where each token ends', () => {
    const tokenizer = tokenizerOf(['The', ' sky', ' is', ' blue', '.']);
    const ends = tokenEnds({ tokenizer, ids: [0, 1, 2, 3, 4], text: 'The sky is blue.', start: 1, end: 5 });
    assert.deepEqual(ends, [7, 10, 15, 16]);
  });

  it('does not count what a decoder does to the first token', () => {
    const pieces = ['▁The', '▁sky', '▁is', '▁blue'];
    const decode = (ids: readonly number[]): string =>
      ids
        .map((id) => pieces[id].replace('▁', ' '))
        .join('')
        .replace(/^ /, '');
    const ids = Array.from({ length: 40 }, (_, index) => index % 4);
    const text = decode(ids);
    const ends = tokenEnds({ tokenizer: { decode }, ids, text, start: 0, end: 40 });
    ids.forEach((_, index) => assert.equal(ends[index], decode(ids.slice(0, index + 1)).length));
  });

  it('lays a text beside its tokens where these have lost its case and spaces', () => {
    const tokenizer = tokenizerOf(['the ', 'sky ', 'is ', 'blue']);
    const text = 'The\n\n  SKY is   Blue';
    const ends = tokenEnds({ tokenizer, ids: [0, 1, 2, 3], text, start: 0, end: 4 });
    assert.deepEqual(
      ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end).trim()),
      ['The', 'SKY', 'is', 'Blue'],
    );
  });

  it('never leaves the text, and never goes back', () => {
    const tokenizer = tokenizerOf(['\uFFFD', 'é', 'xx']);
    const ends = tokenEnds({ tokenizer, ids: [0, 0, 1, 2], text: 'é', start: 0, end: 4 });
    assert.deepEqual(ends, [...ends].sort());
    assert.ok(ends.every((end) => 0 <= end && end <= 1));
  });
});
