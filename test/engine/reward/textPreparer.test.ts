import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { openTokenizer } from '../../../src/engine/checkpoint/openTokenizer';
import { TextPreparer } from '../../../src/engine/reward/textPreparer';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyModel } from '../../fixtures/tinyModel';

const maxTokens = 10;
/** The longest token of the tiny model, `<|assistant|>`, has 13 characters. */
const longText = 'x'.repeat(13 * maxTokens);

describe('TextPreparer', () => {
  const folder = useTemporaryFolder();
  let encoded = 0;
  let preparer: TextPreparer;

  beforeEach(async () => {
    const path = join(folder(), 'model');
    writeTinyModel({ folder: path });
    const { tokenizer, template } = await openTokenizer(await openCheckpoint(path, quietContext()));
    encoded = 0;
    const encodeRendered = (text: string): number[] => {
      encoded += 1;
      return tokenizer.encodeRendered(text);
    };
    preparer = new TextPreparer({
      tokenizer: { ...tokenizer, encodeRendered },
      template,
      vocabSize: tokenizer.vocabSize,
      modelName: 'tiny',
    });
  });

  const inputs: readonly ScorableInput[] = [
    { kind: 'text', text: `${longText}x` },
    { kind: 'messages', messages: [{ role: 'user', content: longText }] },
  ];
  for (const input of inputs) {
    it(`refuses far too long ${input.kind} without encoding them, and does not claim to know their length`, async () => {
      const refuse = (): Promise<unknown> =>
        Promise.resolve().then(() => preparer.prepare(input, { maxTokens, truncate: false }));
      const { hint } = await rejects(refuse, 'too_long', /^at least 1\d tokens, the limit is 10$/);
      assert.match(hint ?? '', /--truncate/);
      assert.equal(encoded, 0);
    });

    it(`encodes and cuts far too long ${input.kind} when they may be cut`, () => {
      const { ids, truncated } = preparer.prepare(input, { maxTokens, truncate: true });
      assert.deepEqual([ids.length, truncated], [maxTokens, true]);
    });
  }

  it('counts the tokens of a text that might have fitted', async () => {
    const input = { kind: 'text', text: longText } as const;
    const refuse = (): Promise<unknown> =>
      Promise.resolve().then(() => preparer.prepare(input, { maxTokens, truncate: false }));
    await rejects(refuse, 'too_long', /^130 tokens, the limit is 10$/);
  });
});
