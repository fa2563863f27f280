import assert from 'node:assert/strict';
import { createTextStream } from '../../../src/core/tokenizer/textStream';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';

const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
const bytes = Array.from({ length: 256 }, (_, byte) => byteToken(byte));
const tokenizer = createTokenizer({
  tokenizerJson: {
    added_tokens: [],
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: {
      type: 'BPE',
      byte_fallback: true,
      vocab: Object.fromEntries([...bytes, 'x'].map((token, id) => [token, id])),
      merges: [],
    },
  },
  tokenizerConfig: {},
  chatTemplate: null,
});
const letter = 256;
const [e1 = 0, e2 = 0] = Buffer.from('é');

describe('byte-fallback decoding', () => {
  const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

  it('joins the bytes of a run', () => {
    assert.equal(decode([e1, e2, letter, e1, e2, e1, e2]), 'éxéé');
  });

  // tokenizers 0.23 (Rust), decoders/byte_fallback.rs: from_utf8 of the run, else one U+FFFD a byte.
  it('gives one U+FFFD for each byte of a run that is not UTF-8, its valid parts included', () => {
    assert.equal(decode([letter, e1, e2, 0xff, letter]), 'x\uFFFD\uFFFD\uFFFDx');
  });

  it('streams pieces that joined are the decoded whole, whatever the bytes', () => {
    for (const ids of [
      [e1, e2],
      [e1, e2, e1],
      [letter, e1, letter, e2, letter],
      [e1, e2, letter, 0xff, e1, e2],
    ]) {
      const stream = createTextStream(tokenizer);
      const pieces = [...ids.map((id) => stream.push(id)), stream.end()];
      assert.equal(pieces.join(''), decode(ids), ids.join());
    }
  });
});
