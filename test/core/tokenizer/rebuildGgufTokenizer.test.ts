import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { ByteSource } from '../../../src/core/checkpoint/byteSource';
import { readGguf } from '../../../src/core/checkpoint/readGguf';
import { starterPath } from '../../../src/engine/checkpoint/starterFile';
import { createChatTemplate } from '../../../src/core/tokenizer/chatTemplate';
import { preTokenizers } from '../../../src/core/tokenizer/ggufPreTokenizers';
import { findGgufTokenizerProblem, rebuildGgufTokenizer } from '../../../src/core/tokenizer/rebuildGgufTokenizer';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';

interface Golden {
  readonly metadata: Record<string, unknown>;
  readonly texts: readonly string[];
  readonly expected: Record<string, readonly (readonly number[])[]>;
}

interface StarterGolden {
  readonly cases: readonly {
    readonly text: string;
    readonly ids: number[];
    readonly decoded: string;
    readonly decodedSkipSpecial: string;
  }[];
}

const golden = readGolden('ggufTokenizers.json') as Golden;

describe('rebuildGgufTokenizer', () => {
  for (const [pre, expected] of Object.entries(golden.expected)) {
    it(`splits ${pre} text as the tokenizers library does`, () => {
      const source = rebuildGgufTokenizer({ ...golden.metadata, 'tokenizer.ggml.pre': pre });
      const tokenizer = createTokenizer(source);
      for (const [index, text] of golden.texts.entries()) {
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false }), expected[index], JSON.stringify(text));
      }
    });
  }

  it('splits by no pre-tokenizer type that has not been checked', () => {
    assert.deepEqual(Object.keys(golden.expected).sort(), Object.keys(preTokenizers).sort());
  });

  it('reads a Map and an Int32Array as the GGUF reader gives them', () => {
    const metadata = new Map<string, unknown>(
      Object.entries({
        ...golden.metadata,
        'tokenizer.ggml.pre': 'smollm',
        'tokenizer.ggml.token_type': Int32Array.from(golden.metadata['tokenizer.ggml.token_type'] as number[]),
      }),
    );
    const tokenizer = createTokenizer(rebuildGgufTokenizer(metadata));
    assert.deepEqual(tokenizer.encode('<|im_end|>', { addSpecialTokens: false }), [2]);
    assert.equal(tokenizer.isSpecial(2), true);
  });

  it('adds BOS and EOS exactly where the metadata say so', () => {
    const encodeWith = (extra: Record<string, unknown>): number[] =>
      createTokenizer(rebuildGgufTokenizer({ ...golden.metadata, ...extra })).encode('', { addSpecialTokens: true });
    assert.deepEqual(encodeWith({ 'tokenizer.ggml.pre': 'smollm' }), []);
    assert.deepEqual(encodeWith({ 'tokenizer.ggml.pre': 'smollm', 'tokenizer.ggml.add_bos_token': true }), [1]);
    assert.deepEqual(encodeWith({ 'tokenizer.ggml.pre': 'llama-bpe' }), [1], 'llama-bpe adds BOS by default');
    assert.deepEqual(encodeWith({ 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false }), []);
    assert.deepEqual(
      encodeWith({
        'tokenizer.ggml.pre': 'qwen2',
        'tokenizer.ggml.add_bos_token': true,
        'tokenizer.ggml.add_eos_token': true,
      }),
      [1, 2],
    );
  });

  it('keeps a user-defined token whole without making it special', () => {
    const tokenizer = createTokenizer(rebuildGgufTokenizer({ ...golden.metadata, 'tokenizer.ggml.pre': 'smollm' }));
    const id = tokenizer.tokenToId('<think>') ?? -1;
    assert.deepEqual(tokenizer.encode('<think>', { addSpecialTokens: false }), [id]);
    assert.equal(tokenizer.decode([2, id], { skipSpecialTokens: true }), '<think>');
  });

  it('names the tokenizer models and pre-tokenizers that it does not know', () => {
    const attempts: [Record<string, unknown>, RegExp][] = [
      [{ 'tokenizer.ggml.model': 't5' }, /tokenizer model "t5" is not supported/],
      [{ 'tokenizer.ggml.pre': 'deepseek-llm' }, /pre-tokenizer "deepseek-llm" is not supported/],
      [{ 'tokenizer.ggml.pre': 'constructor' }, /pre-tokenizer "constructor" is not supported/],
      [{}, /pre-tokenizer undefined is not supported/],
    ];
    for (const [extra, message] of attempts) {
      assert.throws(
        () => rebuildGgufTokenizer({ ...golden.metadata, ...extra }),
        (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
      );
    }
  });

  it('sees an unsupported kind without building the tokenizer', () => {
    const find = (model: string, pre: string): string | null =>
      findGgufTokenizerProblem(new Map(Object.entries({ 'tokenizer.ggml.model': model, 'tokenizer.ggml.pre': pre })));
    assert.equal(find('gpt2', 'qwen2'), null);
    assert.equal(find('llama', 'default'), null);
    assert.match(find('gpt2', 'bloom') ?? '', /pre-tokenizer "bloom" is not supported/);
    assert.match(find('rwkv', 'default') ?? '', /tokenizer model "rwkv" is not supported/);
    assert.equal(findGgufTokenizerProblem(new Map()), null);
  });

  it('refuses lists that are missing or do not fit together', () => {
    const attempts: [Record<string, unknown>, RegExp][] = [
      [{ 'tokenizer.ggml.tokens': undefined }, /tokens is missing/],
      [{ 'tokenizer.ggml.merges': [1] }, /merges is not a list of texts/],
      [{ 'tokenizer.ggml.merges': ['ab'] }, /merge 0 is "ab", not two tokens/],
      [{ 'tokenizer.ggml.token_type': [1] }, /token_type is not a list of/],
      [{ 'tokenizer.ggml.tokens': ['a', 'a'], 'tokenizer.ggml.token_type': [1, 1] }, /tokens 0 and 1 are both "a"/],
      [{ 'tokenizer.ggml.bos_token_id': 100_000 }, /bos_token_id is 100000, of \d+ tokens/],
    ];
    for (const [extra, message] of attempts) {
      assert.throws(
        () =>
          rebuildGgufTokenizer(
            {
              ...golden.metadata,
              'tokenizer.ggml.bos_token_id': 0,
              'tokenizer.ggml.eos_token_id': 0,
              'tokenizer.ggml.pre': 'smollm',
              ...extra,
            },
            'tiny.gguf',
          ),
        (error) =>
          error instanceof AlidadeError &&
          error.code === 'format' &&
          message.test(error.message) &&
          error.message.startsWith('tiny.gguf'),
      );
    }
  });

  it('gives the starter the ids of the tokenizers library, without BOS', async function () {
    const path = starterPath();
    if (!existsSync(path)) this.skip();
    const { metadata } = await readGgufFile(path);
    const source = rebuildGgufTokenizer(metadata, path);
    const tokenizer = createTokenizer(source);
    for (const { text, ids, decoded, decodedSkipSpecial } of (readGolden('starterTokenizer.json') as StarterGolden)
      .cases) {
      assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: true }), ids, JSON.stringify(text));
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), decoded);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), decodedSkipSpecial);
    }
    assert.equal(
      createChatTemplate(source)?.render([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true }),
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' +
        '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
  });
});

function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(resolve('test', 'golden', name), 'utf8')) as unknown;
}

async function readGgufFile(path: string): ReturnType<typeof readGguf> {
  const file = await open(path);
  try {
    const source: ByteSource = {
      path,
      size: (await file.stat()).size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        await file.read(bytes, 0, length, offset);
        return bytes;
      },
    };
    return await readGguf(source);
  } finally {
    await file.close();
  }
}
