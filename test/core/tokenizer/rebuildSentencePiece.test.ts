import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TokenizerSource } from '../../../src/core/checkpoint/checkpoint';
import { rebuildGgufTokenizer } from '../../../src/core/tokenizer/rebuildGgufTokenizer';
import { createTextStream } from '../../../src/core/tokenizer/textStream';
import { createTokenizer, type Tokenizer } from '../../../src/core/tokenizer/tokenizer';

interface Golden {
  readonly texts: readonly string[];
  readonly marked: readonly string[];
  readonly models: Readonly<Record<'prefix' | 'bare', GoldenModel>>;
}

interface GoldenModel {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
  readonly types: readonly number[];
  readonly ids: readonly number[][];
  /** By the index of the text; the others are decoded to themselves. */
  readonly decoded: Readonly<Record<string, string>>;
  readonly marked: readonly number[][];
  readonly markedDecoded: readonly string[];
}

const golden = JSON.parse(readFileSync(resolve('test', 'golden', 'sentencePieceTokenizers.json'), 'utf8')) as Golden;

/** Metadata as llama.cpp's converter writes them. */
function metadataOf(name: 'prefix' | 'bare', extra: Record<string, unknown> = {}): Record<string, unknown> {
  const { tokens, scores, types } = golden.models[name];
  return {
    'general.architecture': 'llama',
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.pre': 'default',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.scores': Float32Array.from(scores),
    'tokenizer.ggml.token_type': Int32Array.from(types),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.unknown_token_id': 0,
    ...(name === 'bare' ? { 'tokenizer.ggml.add_space_prefix': false } : {}),
    ...extra,
  };
}

function rebuild(name: 'prefix' | 'bare', extra?: Record<string, unknown>): TokenizerSource {
  return rebuildGgufTokenizer(metadataOf(name, extra), 'tiny.gguf');
}

function tokenizerOf(name: 'prefix' | 'bare', extra?: Record<string, unknown>): Tokenizer {
  return createTokenizer(rebuild(name, extra));
}

describe('rebuildGgufTokenizer for SentencePiece', () => {
  for (const [name, title] of [
    ['prefix', 'with a space before the text (Llama 2, Mistral, Phi-3)'],
    ['bare', 'without (Gemma)'],
  ] as const) {
    it(`gives the ids and texts of sentencepiece ${title}`, () => {
      const tokenizer = tokenizerOf(name);
      const { ids, decoded } = golden.models[name];
      assert.ok(300 < golden.texts.length);
      for (const [index, text] of golden.texts.entries()) {
        const found = tokenizer.encode(text, { addSpecialTokens: false });
        assert.deepEqual(found, ids[index], JSON.stringify(text));
        const back = tokenizer.decode(found, { skipSpecialTokens: true });
        // Pieces of ▁ are spaces to sentencepiece, whoever wrote them.
        assert.equal(back, (decoded[index] ?? text).replaceAll('▁', ' '), JSON.stringify(text));
      }
    });

    it(`finds special and user-defined tokens in the text ${title}`, () => {
      const tokenizer = tokenizerOf(name);
      const { marked, markedDecoded } = golden.models[name];
      for (const [index, text] of golden.marked.entries()) {
        const found = tokenizer.encode(text, { addSpecialTokens: false });
        assert.deepEqual(found, marked[index], JSON.stringify(text));
        assert.equal(tokenizer.decode(found, { skipSpecialTokens: false }), markedDecoded[index], JSON.stringify(text));
      }
    });
  }

  it('adds BOS unless told not to, and EOS only when told to', () => {
    const around = (extra: Record<string, unknown>): number[] =>
      tokenizerOf('prefix', extra).encode('', { addSpecialTokens: true });
    assert.deepEqual(around({}), [1]);
    assert.deepEqual(around({ 'tokenizer.ggml.add_bos_token': false }), []);
    assert.deepEqual(around({ 'tokenizer.ggml.add_eos_token': true }), [1, 2]);
  });

  it('takes the usual ids where the metadata name no special tokens', () => {
    const absent = { bos: undefined, eos: undefined, unknown: undefined };
    const extra = Object.fromEntries(Object.keys(absent).map((key) => [`tokenizer.ggml.${key}_token_id`, undefined]));
    const { bosToken, eosToken, specialTokens } = tokenizerOf('prefix', extra);
    assert.deepEqual([bosToken, eosToken, specialTokens['unk_token']], ['<s>', '</s>', '<unk>']);
  });

  it('drops white space after the special tokens of Phi-3, and of no other model', () => {
    const text = '<|user|>\n  Hello<|end|>\n<s> x';
    const plain = tokenizerOf('prefix').encode(text, { addSpecialTokens: false });
    const phi = tokenizerOf('prefix', { 'general.architecture': 'phi3' });
    const byName = tokenizerOf('prefix', { 'general.name': 'Phi-3 Mini 4k' });
    const expected = tokenizerOf('prefix').encode('<|user|>Hello<|end|><s> x', { addSpecialTokens: false });
    assert.deepEqual(phi.encode(text, { addSpecialTokens: false }), expected);
    assert.deepEqual(byName.encode(text, { addSpecialTokens: false }), expected);
    assert.notDeepEqual(plain, expected);
  });

  it('keeps user-defined tokens of spaces whole, as Gemma has them', () => {
    const { tokens, scores, types } = golden.models.bare;
    const tokenizer = tokenizerOf('bare', {
      'tokenizer.ggml.tokens': [...tokens, '    ', '\n\n'],
      'tokenizer.ggml.scores': [...scores, -1000, -1000],
      'tokenizer.ggml.token_type': [...types, 4, 4],
    });
    const ids = tokenizer.encode('a    b\n\nc', { addSpecialTokens: false });
    assert.deepEqual([ids.includes(tokens.length), ids.includes(tokens.length + 1)], [true, true]);
    assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), 'a    b\n\nc');
  });

  it('streams the text that it decodes as a whole', () => {
    const tokenizer = tokenizerOf('prefix');
    const stream = createTextStream(tokenizer);
    const text = 'naïve 狐狸 👩‍🚀 ünd 𝒳';
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    assert.equal(ids.map((id) => stream.push(id)).join('') + stream.end(), text);
  });

  it('takes a long text without spaces in time that grows with its length', function () {
    this.timeout(20_000);
    const tokenizer = tokenizerOf('prefix');
    const begin = performance.now();
    const ids = tokenizer.encode('abcdefghij'.repeat(20_000), { addSpecialTokens: false });
    assert.ok(20_000 < ids.length);
    assert.ok(performance.now() - begin < 10_000);
  });

  it('refuses scores that are missing or do not fit', () => {
    assert.throws(() => rebuild('prefix', { 'tokenizer.ggml.scores': undefined }), /tiny\.gguf.*scores is missing/);
    assert.throws(() => rebuild('prefix', { 'tokenizer.ggml.scores': [1] }), /scores is not a list of 900 numbers/);
    const scores = [...golden.models.prefix.scores];
    scores[7] = NaN;
    assert.throws(() => rebuild('prefix', { 'tokenizer.ggml.scores': scores }), /scores is not a list of/);
  });
});
