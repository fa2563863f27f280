import assert from 'node:assert/strict';
import { splitTemplatedText } from '../../webview/breakdown/splitTemplatedText';

describe('splitTemplatedText', () => {
  it('marks the given special tokens, the longest first, and none that are not given', () => {
    assert.deepEqual(splitTemplatedText('a[x][x]y<s>', ['[x]', '[x][x]', '']), [
      { kind: 'text', text: 'a' },
      { kind: 'special', text: '[x][x]' },
      { kind: 'text', text: 'y<s>' },
    ]);
    assert.deepEqual(splitTemplatedText('<s>', []), [{ kind: 'text', text: '<s>' }]);
  });

  it('makes unseen characters visible, but not line ends and tabs', () => {
    assert.deepEqual(splitTemplatedText('a\n\tb\u202Ec', []), [
      { kind: 'text', text: 'a\n\tb' },
      { kind: 'control', text: 'U+202E' },
      { kind: 'text', text: 'c' },
    ]);
  });

  it('loses nothing, and stays bounded, whatever the text', () => {
    const text = '<s>\u200b'.repeat(50_000);
    const parts = splitTemplatedText(text, ['<s>']);
    assert.ok(parts.length <= 4001);
    assert.equal(parts.map(({ kind, text: part }) => (kind === 'control' ? '\u200b' : part)).join(''), text);
  });
});
