import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rebuildGgufTokenizer } from '../../../src/core/tokenizer/rebuildGgufTokenizer';
import { createTextStream } from '../../../src/core/tokenizer/textStream';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';

interface Golden {
  readonly metadata: Record<string, unknown>;
  readonly texts: readonly string[];
}

const golden = JSON.parse(readFileSync(resolve('test', 'golden', 'ggufTokenizers.json'), 'utf8')) as Golden;
const tokenizer = createTokenizer(rebuildGgufTokenizer({ ...golden.metadata, 'tokenizer.ggml.pre': 'smollm' }));

describe('createTextStream', () => {
  it('gives pieces that joined are the decoded whole', () => {
    for (const text of golden.texts) {
      const ids = tokenizer.encode(text, { addSpecialTokens: false });
      const stream = createTextStream(tokenizer);
      const pieces = [...ids.map((id) => stream.push(id)), stream.end()];
      assert.equal(pieces.join(''), tokenizer.decode(ids, { skipSpecialTokens: true }));
    }
  });

  it('holds the bytes of a character until it is whole', () => {
    const ids = tokenizer.encode('a🚢b', { addSpecialTokens: false });
    assert.equal(ids.length, 6, 'the ship is four single bytes');
    const stream = createTextStream(tokenizer);
    assert.deepEqual(
      ids.map((id) => stream.push(id)),
      ['a', '', '', '', '🚢', 'b'],
    );
    assert.equal(stream.end(), '');
  });

  it('gives a character that never ends as U+FFFD, once', () => {
    const [first, second] = tokenizer.encode('🚢', { addSpecialTokens: false });
    const stream = createTextStream(tokenizer);
    assert.equal(stream.push(first ?? -1) + stream.push(second ?? -1), '');
    assert.equal(stream.end(), '\uFFFD');
    assert.equal(stream.end(), '');
  });

  it('goes on after bytes that are no UTF-8, over many tokens', () => {
    const first = tokenizer.encode('🚢', { addSpecialTokens: false })[0] ?? -1;
    const letter = tokenizer.tokenToId('x') ?? -1;
    const ids = Array.from({ length: 500 }, (_, index) => (index % 7 === 3 ? letter : first));
    const stream = createTextStream(tokenizer);
    const text = ids.map((id) => stream.push(id)).join('') + stream.end();
    assert.equal(text, tokenizer.decode(ids, { skipSpecialTokens: true }));
  });

  it('leaves special tokens and ids without a token out', () => {
    const stream = createTextStream(tokenizer);
    const letter = tokenizer.tokenToId('x') ?? -1;
    assert.equal([0, letter, 2, 100_000, letter].map((id) => stream.push(id)).join(''), 'xx');
  });
});
