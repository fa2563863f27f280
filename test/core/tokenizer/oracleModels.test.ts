import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { TokenizerSource } from '../../../src/core/checkpoint/checkpoint';
import type { Message } from '../../../src/core/promptFile/message';
import { createChatTemplate } from '../../../src/core/tokenizer/chatTemplate';
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer';

interface ExpectedTokenizer {
  readonly special_tokens: Record<string, string>;
  readonly special_ids: Record<string, number>;
  readonly encode: readonly {
    readonly text: string;
    readonly ids: number[];
    readonly ids_without_special: number[];
    readonly decoded: string;
    readonly decoded_skip_special: string;
  }[];
  readonly conversations: Record<string, Message[]>;
  readonly chats: readonly {
    readonly conversation: string;
    readonly add_generation_prompt: boolean;
    readonly kwargs?: Record<string, unknown>;
    readonly text?: string;
    readonly ids?: number[];
    readonly error?: string;
  }[];
}

const models = join(process.env['ALIDADE_SHARED'] ?? resolve('..', 'shared'), 'oracles', 'models');

/** Checks against transformers' own tokenizers; skipped where the reference folder is not beside the checkout. */
describe('tokenizers and templates of the reference models', () => {
  if (!existsSync(models)) {
    it('agree with transformers', function () {
      this.skip();
    });
    return;
  }
  for (const name of readdirSync(models)) {
    it(`agree with transformers on ${name}`, () => {
      const folder = join(models, name);
      const source = readSource(folder);
      const expected = (readJson(join(folder, 'expected.json')) as { tokenizer: ExpectedTokenizer }).tokenizer;
      const tokenizer = createTokenizer(source);
      for (const [key, token] of Object.entries(expected.special_tokens)) {
        assert.equal(tokenizer.specialTokens[key], token);
        assert.equal(tokenizer.tokenToId(token), expected.special_ids[key]);
      }
      for (const { text, ids, ids_without_special: plainIds, ...decoded } of expected.encode) {
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: true }), ids, text);
        assert.deepEqual(tokenizer.encode(text, { addSpecialTokens: false }), plainIds, text);
        assert.equal(tokenizer.decode(plainIds, { skipSpecialTokens: false }), decoded.decoded);
        assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), decoded.decoded_skip_special);
      }
      const template = createChatTemplate(source);
      assert.ok(template !== null);
      assert.notEqual(expected.chats.length, 0);
      for (const chat of expected.chats) {
        const messages = expected.conversations[chat.conversation] ?? [];
        const render = (): string =>
          template.render(messages, { addGenerationPrompt: chat.add_generation_prompt, variables: chat.kwargs ?? {} });
        if (chat.error !== undefined) {
          assert.throws(
            render,
            (error) =>
              error instanceof AlidadeError && error.code === 'template' && error.message.includes(chat.error ?? ''),
          );
          continue;
        }
        assert.equal(render(), chat.text, chat.conversation);
        assert.deepEqual(tokenizer.encodeRendered(render()), chat.ids, chat.conversation);
      }
    });
  }
});

function readSource(folder: string): TokenizerSource {
  const tokenizerConfig = readJson(join(folder, 'tokenizer_config.json')) as Record<string, unknown>;
  const templateFile = join(folder, 'chat_template.jinja');
  const fromConfig = tokenizerConfig['chat_template'];
  return {
    tokenizerJson: readJson(join(folder, 'tokenizer.json')) as Record<string, unknown>,
    tokenizerConfig,
    chatTemplate: existsSync(templateFile)
      ? readFileSync(templateFile, 'utf8')
      : typeof fromConfig === 'string'
        ? fromConfig
        : null,
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
