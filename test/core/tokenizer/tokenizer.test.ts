import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { TokenizerSource } from '../../../src/core/checkpoint/checkpoint';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';

/** Words a, b, ab in a byte-level vocabulary with a space, BOS before plain text, and an added token that is not special. */
const source: TokenizerSource = {
  tokenizerJson: {
    added_tokens: [
      { id: 0, content: '<s>', special: true, normalized: false },
      { id: 5, content: '<think>', special: false, normalized: false },
    ],
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: { '<s>': 0, a: 1, b: 2, ab: 3, Ġ: 4 }, merges: ['a b'] },
  },
  tokenizerConfig: { bos_token: { content: '<s>' }, eos_token: 'b', pad_token: null, add_bos_token: true },
  chatTemplate: null,
};

describe('createTokenizer', () => {
  const tokenizer = createTokenizer(source);

  it('adds BOS to plain text and nothing to rendered text', () => {
    assert.deepEqual(tokenizer.encode('ab a', { addSpecialTokens: true }), [0, 3, 4, 1]);
    assert.deepEqual(tokenizer.encode('ab a', { addSpecialTokens: false }), [3, 4, 1]);
    assert.deepEqual(tokenizer.encodeRendered('<s>ab'), [0, 3]);
    assert.deepEqual(tokenizer.encodeRendered('ab'), [3]);
  });

  it('leaves out what has no token', () => {
    assert.deepEqual(tokenizer.encode('a🚢b', { addSpecialTokens: false }), [1, 2]);
    assert.equal(tokenizer.decode([1, 99, 2], { skipSpecialTokens: false }), 'ab');
  });

  it('decodes no tokens to no text', () => {
    assert.equal(tokenizer.decode([], { skipSpecialTokens: false }), '');
    assert.equal(tokenizer.decode([0, 99], { skipSpecialTokens: true }), '');
  });

  it('skips special tokens only when asked, and never other added ones', () => {
    assert.equal(tokenizer.decode([0, 5, 3], { skipSpecialTokens: true }), '<think>ab');
    assert.equal(tokenizer.decode([0, 5, 3], { skipSpecialTokens: false }), '<s><think>ab');
  });

  it('keeps the spaces before punctuation', () => {
    const { model, ...rest } = source.tokenizerJson as { model: { vocab: Record<string, number> } };
    const vocab = { ...model.vocab, ',': 6 };
    const withComma = createTokenizer({ ...source, tokenizerJson: { ...rest, model: { ...model, vocab } } });
    assert.equal(withComma.decode([1, 4, 6, 2], { skipSpecialTokens: false }), 'a ,b');
  });

  it('knows its tokens by text and by id', () => {
    assert.equal(tokenizer.vocabSize, 6);
    assert.equal(tokenizer.tokenToId('ab'), 3);
    assert.equal(tokenizer.tokenToId('x'), undefined);
    assert.equal(tokenizer.idToToken(4), 'Ġ');
    assert.equal(tokenizer.idToToken(99), undefined);
    assert.deepEqual([tokenizer.isSpecial(0), tokenizer.isSpecial(5)], [true, false]);
    assert.deepEqual(tokenizer.specialTokens, { bos_token: '<s>', eos_token: 'b' });
    assert.deepEqual([tokenizer.bosToken, tokenizer.eosToken, tokenizer.padToken], ['<s>', 'b', null]);
  });

  it('refuses a file that is no tokenizer', () => {
    const damaged: Record<string, unknown>[] = [
      {},
      { model: null },
      { model: 5 },
      { model: { type: 'BPE' } },
      { model: { type: 'Nonsense' } },
      { ...source.tokenizerJson, pre_tokenizer: { type: 'Nonsense' } },
      { ...source.tokenizerJson, added_tokens: 5 },
      { ...source.tokenizerJson, added_tokens: [null] },
    ];
    for (const tokenizerJson of damaged) {
      assert.throws(
        () => createTokenizer({ ...source, tokenizerJson }),
        (error) =>
          error instanceof AlidadeError && error.code === 'format' && error.message.startsWith('tokenizer.json: '),
        JSON.stringify(tokenizerJson),
      );
    }
  });
});
