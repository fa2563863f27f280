import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '../../../src/core/promptFile/message';
import type { ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { ScoredRow } from '../../../src/core/reward/rewardBreakdown';
import { scoredRowOf } from '../../../src/core/reward/scoredRowOf';
import { openJudgeModel } from '../../../src/engine/reward/judgeModel';
import type { JudgeModel } from '../../../src/engine/reward/judgeModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { sharedFolder } from '../../fixtures/sharedFolder';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';

function pairRow(context: readonly Message[], replies: readonly string[], id = 'r'): ScorableRow {
  const [chosen, rejected] = replies.map((content) => ({
    kind: 'messages' as const,
    messages: [...context, { role: 'assistant', content }],
  }));
  return { kind: 'pair', id, chosen, rejected };
}

async function judge(model: JudgeModel, row: ScorableRow): Promise<Extract<ScoredRow, { margin: number }>> {
  const [scored] = await model.scoreBatch([row], {}, quietContext());
  assert.ok('margin' in scored, JSON.stringify(scored));
  return scored;
}

const question: readonly Message[] = [{ role: 'user', content: 'Which way is north?' }];

describe('the pairwise judge', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  let modelFolder: string;
  let model: JudgeModel;

  before(async () => {
    modelFolder = mkdtempSync(join(tmpdir(), 'alidade-judge-'));
    writeTinyModel({ folder: modelFolder, config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    model = await openJudgeModel({ reference: modelFolder, device: 'cpu', dtype: 'auto' }, quietContext());
  });
  after(async () => {
    await model.release();
    rmSync(modelFolder, { recursive: true, force: true });
  });

  it('shows every reply first once: swapping the replies swaps the verdict', async () => {
    const { judged: straight } = await judge(model, pairRow(question, ['That way.', 'Look at the star.']));
    const { judged: swapped } = await judge(model, pairRow(question, ['Look at the star.', 'That way.']));
    assert.ok(straight !== undefined && swapped !== undefined);
    assert.ok(Math.abs(straight.pChosen + swapped.pChosen - 1) < 1e-6);
    assert.ok(Math.abs(straight.pChosenFirst + swapped.pChosenSecond - 1) < 1e-6);
    assert.notEqual(straight.pChosenFirst, straight.pChosenSecond);
  });

  it('finds a tie where both replies are the same', async () => {
    const { judged, margin } = await judge(model, pairRow(question, ['That way.', 'That way.']));
    assert.equal(judged?.pChosen, 0.5);
    assert.equal(margin, 0);
  });

  it('explains what it scores, with the prompt in which each reply is first', async () => {
    const row = pairRow(question, ['That way.', 'Look at the star.']);
    const explained = await model.explainRow(row, {}, quietContext());
    const { judged: _judged, ...scored } = await judge(model, row);
    assert.deepEqual(scoredRowOf(explained), scored);
    assert.equal(explained.model.headKind, 'judge');
    const [chosen, rejected] = explained.responses;
    assert.match(chosen.text, /^<\|begin\|><\|user\|>\[CONTEXT\] .*\[RESPONSE A\] That way\. .*<\|assistant\|>$/s);
    assert.match(rejected.text, /\[RESPONSE A\] Look at the star\. \[RESPONSE B\] That way\. \n/);
    assert.deepEqual(explained.specialTokens.includes('<|begin|>'), true);
  });

  it('gives a row the same verdict alone and among others', async () => {
    const row = pairRow(question, ['That way.', 'Look at the star.']);
    const other = pairRow([{ role: 'user', content: 'And at night?' }], ['No.', 'Yes.'], 'other');
    const alone = await judge(model, row);
    const [, among] = await model.scoreBatch([other, row, other], {}, quietContext());
    assert.ok('margin' in among && Math.abs(among.chosen.score - alone.chosen.score) < 1e-6);
  });

  const assistantFirst = [{ role: 'assistant', content: 'Hello.' }, ...question];
  const withSystem = [{ role: 'system', content: 'Be brief.' }, ...question];
  const refused: readonly (readonly [string, ScorableRow, RegExp])[] = [
    [
      'a single response',
      { kind: 'single', id: 'r', input: { kind: 'messages', messages: question } },
      /compares two replies/,
    ],
    [
      'templated text',
      { kind: 'pair', id: 'r', chosen: { kind: 'text', text: 'a' }, rejected: { kind: 'text', text: 'b' } },
      /needs messages/,
    ],
    ['a system turn', pairRow(withSystem, ['a', 'b']), /no place for a system turn/],
    ['a conversation that the assistant begins', pairRow(assistantFirst, ['a', 'b']), /alternation/],
    ['a reply without a conversation', pairRow([], ['a', 'b']), /no reply to judge/],
    [
      'replies to different conversations',
      {
        ...pairRow(question, ['a', 'b']),
        rejected: {
          kind: 'messages',
          messages: [...assistantFirst.slice(1), { role: 'assistant', content: 'b' }].map((m) => ({
            ...m,
            content: `${m.content}!`,
          })),
        },
      } as ScorableRow,
      /differ/,
    ],
  ];
  for (const [name, row, message] of refused) {
    it(`gives ${name} an error of its own and goes on`, async () => {
      const good = pairRow(question, ['That way.', 'No.'], 'good');
      const [bad, next] = await model.scoreBatch([row, good], {}, quietContext());
      assert.ok('error' in bad && bad.error.code === 'row');
      assert.match(bad.error.message, message);
      assert.ok('margin' in next);
      await rejects(() => model.explainRow(row, {}, quietContext()), 'row', message);
    });
  }

  it('says when a row is too long, and cuts it from the left when told to', async () => {
    const row = pairRow(question, ['That way.', 'Look at the star.']);
    const [long] = await model.scoreBatch([row], { maxTokens: 40 }, quietContext());
    assert.ok('error' in long && long.error.code === 'too_long');
    const [cut] = await model.scoreBatch([row], { maxTokens: 40, truncate: true }, quietContext());
    assert.ok('margin' in cut && cut.chosen.truncated && cut.chosen.tokens === 40);
  });

  it('refuses weights and states, which it does not have', async () => {
    const row = pairRow(question, ['a', 'b']);
    await rejects(
      () => model.scoreBatch([row], { weights: { x: 1 } }, quietContext()),
      'usage',
      /no objectives to weigh/,
    );
    await rejects(() => model.scoreBatch([row], { states: true }, quietContext()), 'usage', /no hidden states/);
  });

  it('cannot be opened on a model that has a reward head and no language-model head, or no template', async () => {
    const reward = folder();
    writeTinyModel({
      folder: reward,
      mapTensors: (tensors) => tensors.filter(({ name }) => name !== 'lm_head.weight'),
    });
    const open = (reference: string): Promise<unknown> =>
      openJudgeModel({ reference, device: 'cpu', dtype: 'auto' }, quietContext());
    await rejects(() => open(reward), 'weights', /without a language-model head/);
    writeTinyModel({ folder: reward, config: tinyCausal('llama'), chatTemplate: null });
    await rejects(() => open(reward), 'template', /no chat template/);
  });
});

interface JudgeCase {
  readonly judge: {
    readonly tolerance: { readonly p: number };
    readonly pairs: readonly {
      readonly id: string;
      readonly context: readonly Message[];
      readonly replies: readonly string[];
      readonly orders: readonly { readonly input_ids: readonly number[]; readonly p_first_reply: number }[];
      readonly p_first_reply_mean: number;
    }[];
  };
}

describe('the reference judge of transformers', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = sharedFolder('oracles', 'models', 'llama-judge');

  if (folder === null) {
    it('is compared with', function () {
      this.skip();
    });
    return;
  }

  it('is agreed with in both orders and their mean', async () => {
    const expected = (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as JudgeCase).judge;
    const model = await openJudgeModel({ reference: folder, device: 'cpu', dtype: 'auto' }, quietContext());
    try {
      for (const pair of expected.pairs) {
        const { judged, chosen, rejected } = await judge(model, pairRow(pair.context, pair.replies));
        assert.deepEqual(
          [chosen.tokens, rejected.tokens],
          pair.orders.map(({ input_ids: ids }) => ids.length),
        );
        const actual = [judged?.pChosenFirst, judged?.pChosenSecond, judged?.pChosen];
        const wanted = [...pair.orders.map((order) => order.p_first_reply), pair.p_first_reply_mean];
        wanted.forEach((p, index) => {
          assert.ok(
            Math.abs(p - (actual[index] ?? NaN)) <= expected.tolerance.p,
            `${pair.id}: ${actual[index]}, not ${p}`,
          );
        });
      }
    } finally {
      await model.release();
    }
  });
});
