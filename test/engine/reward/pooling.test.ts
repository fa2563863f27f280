import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';
import type { ExplainedText } from '../../../src/core/reward/explainedRow';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel, ScoreOptions } from '../../../src/engine/reward/rewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { tinyChatTemplate, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';

const tolerance = 1e-5;
const { pad, end } = tinyTokens;

async function withModel(
  params: { readonly reference: string; readonly headPath?: string },
  use: (explain: (input: ScorableInput, options?: ScoreOptions) => Promise<ExplainedText>) => Promise<void>,
): Promise<void> {
  let model: RewardModel | undefined;
  try {
    const opened = await openRewardModel({ device: 'cpu', dtype: 'auto', threads: 1, ...params }, quietContext());
    model = opened;
    await use(async (input, options = {}) => {
      const row = { kind: 'single', id: '1', input } as const;
      return (await opened.explainRow(row, options, quietContext())).responses[0];
    });
  } finally {
    await model?.release();
  }
}

describe('the position that a classification head reads', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const score = async (config: Readonly<Record<string, unknown>>, rows: readonly number[][]): Promise<number[]> => {
    writeTinyModel({ folder: folder(), config });
    const scores: number[] = [];
    await withModel({ reference: folder() }, async (explain) => {
      for (const ids of rows) scores.push((await explain({ kind: 'ids', ids })).score);
    });
    return scores;
  };

  it('is the last token that is no padding, wherever padding stands', async () => {
    const [plain, right, inside, left, all] = await score({ pad_token_id: pad }, [
      [65, 66, 67],
      [65, 66, 67, pad, pad],
      [65, pad, 67],
      [65, pad, 67, pad],
      [pad, pad],
    ]);
    assertClose([right, left], [plain, inside], { tolerance });
    assert.notEqual(inside, plain);
    const [first] = await score({ pad_token_id: pad }, [[pad]]);
    assertClose([all], [first], { tolerance });
  });

  it('is before the end of turn where that is the pad token too, as in transformers', async () => {
    const [closed, open] = await score({ pad_token_id: end }, [
      [65, 66, 67, end],
      [65, 66, 67],
    ]);
    assertClose([closed], [open], { tolerance });
  });

  it('is the last token where there is no pad token', async () => {
    const [closed, open] = await score({}, [
      [65, 66, 67, pad],
      [65, 66, 67],
    ]);
    assert.ok(1e-3 < Math.abs(closed - open));
  });
});

describe('the position that a gated head rates', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const text = '<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n';
  const prompt = [...Buffer.from(`A question${text}`)];

  it('is the one before the first pad token, wherever that is', async () => {
    writeGatedModel(folder(), { pad_token_id: pad });
    await withModel({ reference: folder() }, async (explain) => {
      const hidden = async (ids: number[]): Promise<readonly number[]> =>
        (await explain({ kind: 'ids', ids }, { states: true })).lastHidden ?? [];
      const plain = await hidden([...prompt, 65, 66]);
      assertClose(await hidden([...prompt, 65, 66, pad, pad]), plain, { tolerance });
      assertClose(await hidden([...prompt, 65, 66, pad, 67]), plain, { tolerance });
      assert.notDeepEqual(await hidden([...prompt, 65, 66, 67]), plain);
    });
  });

  it('is the last where the first token is padding: ArmoRM’s own code looks at index −1 there', async () => {
    const states: (readonly number[])[] = [];
    for (const padTokenId of [pad, undefined]) {
      writeGatedModel(folder(), { pad_token_id: padTokenId });
      await withModel({ reference: folder() }, async (explain) => {
        const { lastHidden } = await explain({ kind: 'ids', ids: [pad, ...prompt, 65, 66] }, { states: true });
        states.push(lastHidden ?? []);
      });
    }
    assertClose(states[0], states[1], { tolerance });
  });

  it('reads the gate at the first token of the last start of a reply', async () => {
    writeGatedModel(folder());
    await withModel({ reference: folder() }, async (explain) => {
      const gate = async (ids: number[]): Promise<readonly number[]> =>
        (await explain({ kind: 'ids', ids }, { states: true })).gateHidden ?? [];
      const twice = [...prompt, 65, ...Buffer.from(text), 66];
      // Cut right after that token, a body that reads the last position gives the same state.
      const at = prompt.length + 1;
      const { lastHidden } = await explain({ kind: 'ids', ids: twice.slice(0, at + 1) }, { states: true });
      assertClose(await gate(twice), lastHidden ?? [], { tolerance });
    });
  });
});

describe('meters over the mean of the response', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const talk = (reply: string): ScorableInput => ({
    kind: 'messages',
    messages: [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: reply },
    ],
  });
  const use = async (
    chatTemplate: string | null,
    test: Parameters<typeof withModel>[1],
    write: Partial<Parameters<typeof writeTinyHead>[0]> = {},
  ): Promise<void> => {
    writeTinyModel({ folder: folder(), chatTemplate });
    const headPath = join(folder(), 'head.st');
    writeTinyHead({ file: headPath, ...write });
    await withModel({ reference: folder(), headPath }, test);
  };

  it('count the tokens of the response without its end of turn', async () => {
    await use(tinyChatTemplate, async (explain) => {
      const { promptTokens, responseTokens, tokens, objectives, text } = await explain(talk('Because.'));
      assert.equal(text, '<|begin|><|user|>Why?<|end|><|assistant|>Because.<|end|>');
      assert.deepEqual([promptTokens, responseTokens, tokens], [8, 8, 17]);
      assert.equal(objectives[0].reward, Math.log2(9) / 13);
    });
  });

  it('find the response in text that is already templated', async () => {
    await use(tinyChatTemplate, async (explain) => {
      const rated = await explain(talk('Because.'));
      const found = await explain({ kind: 'text', text: rated.text });
      assert.deepEqual([found.promptTokens, found.responseTokens], [8, 8]);
      assertClose([found.score], [rated.score], { tolerance });
    });
  });

  it('measure what is left of a response that was truncated', async () => {
    await use(tinyChatTemplate, async (explain) => {
      const cut = await explain(talk('x'.repeat(50)), { maxTokens: 20, truncate: true });
      assert.deepEqual([cut.tokens, cut.promptTokens, cut.responseTokens], [20, 1, 18]);
    });
  });

  it('refuse an empty response and a conversation without one', async () => {
    await use(tinyChatTemplate, async (explain) => {
      await rejects(() => explain(talk('')), 'row', /no response/);
      await rejects(() => explain({ kind: 'messages', messages: [{ role: 'user', content: 'Why?' }] }), 'row');
      await rejects(() => explain({ kind: 'ids', ids: [65, 66] }), 'row');
      await explain(talk('!'));
    });
  });

  it('refuse a body of another hidden size, or with fewer layers', async () => {
    const never = (): Promise<void> => assert.fail('it was opened');
    await rejects(() => use(tinyChatTemplate, never, { hiddenSize: 16 }), 'weights', /hidden size 16/);
    await rejects(() => use(tinyChatTemplate, never, { pooling: { kind: 'last', layer: 3 } }), 'weights', /layer 3/);
    await use(tinyChatTemplate, async (explain) => void (await explain(talk('!'))), {
      pooling: { kind: 'last', layer: 2 },
    });
  });
});

describe('a checkpoint without a reward head', () => {
  const folder = useTemporaryFolder();

  it('is refused', async () => {
    writeTinyModel({ folder: folder(), config: { architectures: ['LlamaForCausalLM'], id2label: undefined } });
    await rejects(() => withModel({ reference: folder() }, async () => undefined), 'weights', /no reward head/);
  });
});
