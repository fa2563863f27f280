import assert from 'node:assert/strict';
import type { Message } from '../../../src/core/promptFile/message';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import type { LanguageModel } from '../../../src/engine/generation/languageModel';
import { measureIds, measureReplies, perplexityOf } from '../../../src/engine/generation/perplexity';
import { livelyTensors } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { referenceDecoder, softmax } from '../../fixtures/referenceDecoder';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyChatTemplate, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';
import type { TensorToWrite } from '../../fixtures/writeSafetensors';

const { begin, user, assistant, end } = tinyTokens;
const config = {
  ...tinyCausal('llama'),
  hidden_size: 32,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 261,
  rms_norm_eps: 1e-5,
};

const user1: Message = { role: 'user', content: 'Hi' };
const talk = (...turns: readonly string[]): Message[] =>
  turns.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));

describe('perplexity', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  let model: LanguageModel | undefined;
  let tensors: readonly TensorToWrite[] = [];

  async function open({
    contextLength = 200,
    chatTemplate = tinyChatTemplate,
  }: { readonly contextLength?: number; readonly chatTemplate?: string | null } = {}): Promise<LanguageModel> {
    const full = { ...config, max_position_embeddings: contextLength };
    writeTinyModel({ folder: folder(), config: full, chatTemplate, mapTensors: () => (tensors = livelyTensors(full)) });
    const params = { reference: folder(), device: 'cpu', dtype: 'auto', threads: 1 } as const;
    return (model = await openLanguageModel(params, quietContext()));
  }
  afterEach(async () => {
    await model?.release();
    model = undefined;
  });

  /** −ln p of ids[position + 1] after ids[0 … position], in double precision. */
  function losses(ids: readonly number[], positions: readonly number[]): number {
    const { logits } = referenceDecoder(config, tensors, ids);
    return positions.reduce((sum, position) => sum - Math.log(softmax(logits[position])[ids[position + 1]]), 0);
  }
  const from = (start: number, stop: number): number[] =>
    Array.from({ length: stop - start }, (_, index) => start + index);
  const assertNear = (actual: number, expected: number): void =>
    assert.ok(Math.abs(actual / expected - 1) < 1e-5, `${actual}, not ${expected}`);
  const randomIds = (count: number): number[] => {
    const random = seededRandom(count);
    return Array.from({ length: count }, () => random.below(256));
  };

  it('is the exponential of the mean', () => {
    assert.deepEqual(perplexityOf({ tokens: 4, nll: 4 * Math.log(3) }).perplexity.toFixed(12), '3.000000000000');
  });

  it('sums over all tokens after the first', async () => {
    const opened = await open();
    for (const count of [2, 3, 50]) {
      const ids = randomIds(count);
      const { tokens, nll } = await measureIds(opened, ids, quietContext());
      assert.equal(tokens, count - 1);
      assertNear(nll, losses(ids, from(0, count - 1)));
    }
  });

  for (const contextLength of [16, 15]) {
    it(`predicts every token once from windows of ${contextLength} that overlap by half`, async () => {
      const opened = await open({ contextLength });
      for (const count of [15, 16, 17, 24, 25, 61]) {
        const ids = randomIds(count);
        const stride = Math.floor(contextLength / 2);
        let expected = 0;
        for (let target = 1; target < count; target += 1) {
          // The first window that holds the target predicts it.
          const start = target < contextLength ? 0 : Math.ceil((target + 1 - contextLength) / stride) * stride;
          expected += losses(ids.slice(start, target + 1), [target - start - 1]);
        }
        const { tokens, nll } = await measureIds(opened, ids, quietContext());
        assert.equal(tokens, count - 1);
        assertNear(nll, expected);
      }
    });
  }

  it('refuses a text in which nothing is predicted', async () => {
    const opened = await open();
    await rejects(() => measureIds(opened, [5], quietContext()), 'row');
    await rejects(() => measureIds(opened, [], quietContext()), 'row');
  });

  it('counts the tokens of every reply and its end of turn, nothing else', async () => {
    const opened = await open();
    const bytes = (text: string): number[] => [...Buffer.from(text)];
    const ids = [begin, user, ...bytes('Hi'), end, assistant, ...bytes('Yes?'), end];
    ids.push(user, ...bytes('What'), end, assistant, ...bytes('No'), end);
    const { tokens, nll } = await measureReplies(opened, talk('Hi', 'Yes?', 'What', 'No'), quietContext());
    const second = ids.lastIndexOf(assistant);
    assert.equal(tokens, 5 + 3);
    assertNear(nll, losses(ids, [...from(5, 10), ...from(second, second + 3)]));
  });

  it('leaves out what the template writes after the end of turn, and a question at the end', async () => {
    const lines = tinyChatTemplate.replace("'<|end|>'", "'<|end|>\\n'");
    const opened = await open({ chatTemplate: lines });
    const whole = await measureReplies(opened, talk('Hi', 'Yes?', 'What'), quietContext());
    assert.equal(whole.tokens, 5);
    const ids = [begin, user, ...Buffer.from('Hi'), end, 10, assistant, ...Buffer.from('Yes?'), end];
    assertNear(whole.nll, losses(ids, from(6, 11)));
  });

  it('counts only what is predicted where the template writes nothing before the reply', async () => {
    // No BOS, no header, and the system text is left out: the reply's first token has nothing before it.
    const bare =
      "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}";
    const opened = await open({ chatTemplate: bare });
    const messages: Message[] = [
      { role: 'system', content: 'Be brief' },
      { role: 'assistant', content: 'Yes' },
    ];
    const { tokens, nll } = await measureReplies(opened, messages, quietContext());
    assert.equal(tokens, 3);
    assertNear(nll, losses([...Buffer.from('Yes'), end], [0, 1, 2]));
  });

  it('refuses a conversation that begins with a reply: nothing says where its header ends', async () => {
    const messages: Message[] = [{ role: 'assistant', content: 'Yes' }];
    const opened = await open();
    await rejects(() => measureReplies(opened, messages, quietContext()), 'row', /begins with a reply/);
  });

  it('refuses conversations without a reply, too long ones, and models without a template', async () => {
    const opened = await open({ contextLength: 20 });
    await rejects(() => measureReplies(opened, [user1], quietContext()), 'row', /no assistant turn/);
    await rejects(() => measureReplies(opened, talk('Hi', 'x'.repeat(30)), quietContext()), 'too_long', /20/);
    await opened.release();
    const plain = await open({ chatTemplate: null });
    await rejects(() => measureReplies(plain, talk('Hi', 'Yes'), quietContext()), 'template');
  });
});
