import assert from 'node:assert/strict';
import { createTokenBound } from '../../../src/core/tokenizer/fewestTokens';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';
import { seededRandom } from '../../fixtures/seededRandom';

type Json = Record<string, unknown>;

const added = { id: 300, content: '<|endoftext|>', special: true, normalized: false, lstrip: false, rstrip: false };

/** A vocabulary of bytes, and of merged letters. */
function bpe(bytes: readonly string[], more: Json = {}): Json {
  const vocab = Object.fromEntries([...bytes, 'a', 'aa', 'aaaa', '▁'].map((token, id) => [token, id]));
  const merges = [
    ['a', 'a'],
    ['aa', 'aa'],
  ];
  return { type: 'BPE', vocab, merges, unk_token: null, ...more };
}

function byteLevelBytes(): string[] {
  const printable = (byte: number): boolean => (33 <= byte && byte < 127) || (160 < byte && byte !== 173);
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !printable(byte));
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + others.indexOf(byte)),
  );
}

const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const byteLevel: Json = {
  added_tokens: [added],
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  decoder: { type: 'ByteLevel' },
  model: bpe(byteLevelBytes()),
};
const byteFallback: Json = {
  added_tokens: [added],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  model: bpe(byteTokens, { byte_fallback: true }),
};

describe('the lower bound for the tokens of a text', () => {
  for (const [name, tokenizerJson] of Object.entries({ byteLevel, byteFallback })) {
    it(`is none above what a text has: ${name}`, () => {
      const { encodeRendered, fewestTokens } = createTokenizer({
        tokenizerJson,
        tokenizerConfig: {},
        chatTemplate: null,
      });
      const pieces = [
        'a',
        'aaaa',
        ' ',
        '\n\n',
        'é',
        'e\u0301',
        'q\u0323\u0307',
        '🚢',
        '大',
        '<|endoftext|>',
        '\ud800',
        '>\u0338',
      ];
      const random = seededRandom(5);
      for (let run = 0; run < 300; run += 1) {
        const length = 1 + Math.floor(random.next() * 40);
        const text = Array.from({ length }, () => pieces[Math.floor(random.next() * pieces.length)]).join('');
        const bound = fewestTokens(text);
        assert.ok(
          (0 < bound || /^[\ud800-\udfff]+$/.test(text)) && bound <= encodeRendered(text).length,
          JSON.stringify(text),
        );
      }
    });
  }

  it('is reached by a text of the longest tokens', () => {
    const { encodeRendered, fewestTokens } = createTokenizer({
      tokenizerJson: byteLevel,
      tokenizerConfig: {},
      chatTemplate: null,
    });
    const text = added.content.repeat(50);
    assert.deepEqual([encodeRendered(text).length, fewestTokens(text)], [50, 50]);
  });

  it('does not count characters that have no token in many vocabularies', () => {
    const model = bpe(byteLevelBytes().filter((_, byte) => byte !== 4 && byte !== 0xf1));
    const tokenizerJson = { ...byteLevel, model };
    const { encodeRendered, fewestTokens } = createTokenizer({
      tokenizerJson,
      tokenizerConfig: {},
      chatTemplate: null,
    });
    assert.deepEqual([encodeRendered('\x04'.repeat(100)).length, fewestTokens('\x04'.repeat(100))], [0, 0]);
    assert.equal(fewestTokens('\u{50000}'.repeat(100)), 0);
    assert.ok(0 < fewestTokens(`a\x04`.repeat(100)));
  });

  const unknown: Readonly<Record<string, Json>> = {
    'bytes without a token are left out': {
      ...byteLevel,
      model: bpe(byteLevelBytes().filter((_, byte) => byte !== 0x41)),
    },
    'characters without a token are left out': { ...byteFallback, model: bpe(byteTokens) },
    'words may be one unknown token': { ...byteLevel, model: { ...bpe(byteLevelBytes()), type: 'WordPiece' } },
    'a normalizer may remove': { ...byteLevel, normalizer: { type: 'Strip', strip_left: true } },
    'a normalizer may shorten': {
      ...byteLevel,
      normalizer: { type: 'Sequence', normalizers: [{ type: 'Replace', pattern: { String: '  ' }, content: ' ' }] },
    },
    'a pattern may match any length': {
      ...byteLevel,
      normalizer: { type: 'Replace', pattern: { Regex: ' +' }, content: '          ' },
    },
    'white space is removed': {
      ...byteLevel,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Split', behavior: 'Removed' }, { type: 'ByteLevel' }],
      },
    },
    'a special token takes the white space around it': { ...byteLevel, added_tokens: [{ ...added, rstrip: true }] },
    'there is no vocabulary': { ...byteLevel, model: null },
  };
  for (const [why, tokenizerJson] of Object.entries(unknown)) {
    it(`is 0 where ${why}`, () => {
      assert.equal(createTokenBound(tokenizerJson)('a'.repeat(1000)), 0);
    });
  }
});
