import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Message } from '../../../src/core/promptFile/message';
import type { ScorableInput, ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModelParams } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel, ScoreOptions } from '../../../src/engine/reward/rewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { useEvaluationRecord } from '../../fixtures/recordEvaluations';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { tinyChatTemplate, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';

const tolerance = 1e-5;

function conversation(reply: string, question = 'Name a colour.'): ScorableInput {
  return { kind: 'messages', messages: talk(reply, question) };
}

function talk(reply: string, question = 'Name a colour.'): Message[] {
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: reply },
  ];
}

/** The ids of a tiny conversation: every byte is its own id. */
function talkIds(reply: string, question = 'Name a colour.'): number[] {
  const { begin, user, assistant, end } = tinyTokens;
  return [begin, user, ...Buffer.from(question), end, assistant, ...Buffer.from(reply), end];
}

async function scoreOne(
  model: RewardModel,
  input: ScorableInput,
  options: ScoreOptions = {},
): Promise<RewardBreakdown> {
  const scored = await model.scoreRow({ kind: 'single', id: '1', input }, options, quietContext());
  assert.ok('score' in scored);
  return scored;
}

describe('RewardModel', () => {
  useTemporaryCache();
  const record = useEvaluationRecord();
  const computedTokens = (): number => record.reduce((sum, evaluation) => sum + evaluation.computedTokens, 0);
  const folder = useTemporaryFolder();
  const opened: RewardModel[] = [];
  const open = async (params: Partial<RewardModelParams> = {}): Promise<RewardModel> => {
    const model = await openRewardModel(
      { reference: folder(), device: 'cpu', dtype: 'auto', threads: 1, ...params },
      quietContext(),
    );
    opened.push(model);
    return model;
  };
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.release();
  });

  const kinds: readonly [name: string, write: (path: string) => Promise<Partial<RewardModelParams>>][] = [
    ['classification', async (path) => (writeTinyModel({ folder: path }), {})],
    ['gated', async (path) => (writeGatedModel(path), {})],
    [
      'meters over the mean of the response',
      async (path) => {
        writeTinyModel({ folder: path, chatTemplate: tinyChatTemplate });
        writeTinyHead({ file: join(path, 'head.st') });
        return { headPath: join(path, 'head.st') };
      },
    ],
  ];
  for (const [name, write] of kinds) {
    it(`${name}: scores a text the same alone, in a pair, in a list, after others, and in every spelling`, async () => {
      const model = await open(await write(folder()));
      const replies = ['Blue.', 'Blue, or perhaps a dark green.', 'No!'];
      const { text } = (
        await model.explainRow({ kind: 'single', id: '1', input: conversation(replies[0]) }, {}, quietContext())
      ).responses[0];
      const fresh: number[] = [];
      for (const reply of replies) {
        const other = await open(await write(folder()));
        fresh.push((await scoreOne(other, conversation(reply))).score);
      }
      assert.equal(new Set(fresh).size, 3);
      const [a, b, c] = replies.map((reply) => conversation(reply));
      const rows: [ScorableRow, number[]][] = [
        [{ kind: 'pair', id: 'p', chosen: a, rejected: b }, [0, 1]],
        [{ kind: 'pair', id: 'q', chosen: c, rejected: a }, [2, 0]],
        [{ kind: 'list', id: 'l', responses: [c, b, a, b] }, [2, 1, 0, 1]],
        [{ kind: 'single', id: 's', input: conversation('A'.repeat(700)) }, []],
        [{ kind: 'single', id: 't', input: { kind: 'text', text } }, [0]],
        [{ kind: 'single', id: 'm', input: a }, [0]],
      ];
      for (const [row, expected] of rows) {
        const { responses } = await model.explainRow(row, {}, quietContext());
        if (expected.length === 0) continue;
        assertClose(
          responses.map(({ score }) => score),
          expected.map((index) => fresh[index]),
          { tolerance, what: row.id },
        );
      }
      if (name === 'gated') return;
      const byIds = await scoreOne(model, { kind: 'ids', ids: talkIds(replies[0]) });
      assertClose([byIds.score], [fresh[0]], { tolerance });
      assert.equal(byIds.tokens, talkIds(replies[0]).length);
    });
  }

  it('computes the prompt of a pair once', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    const question = 'What is it? '.repeat(20);
    const row: ScorableRow = {
      kind: 'pair',
      id: '1',
      chosen: conversation('Yes, it is', question),
      rejected: conversation('No', question),
    };
    await model.scoreRow(row, {}, quietContext());
    const longest = Math.max(...record.map(({ tokens }) => tokens));
    assert.equal(computedTokens(), longest + 'No'.length + 1); // and the end of turn
  });

  it('computes a response that comes twice once, so that a tie is a tie', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    const [a, b] = [conversation('Blue.'), conversation('Red?')];
    const pair = await model.scoreRow({ kind: 'pair', id: 'p', chosen: a, rejected: a }, {}, quietContext());
    assert.ok('margin' in pair);
    assert.equal(pair.margin, 0);
    assert.equal(computedTokens(), record[0].tokens);
    const list = await model.scoreRow({ kind: 'list', id: 'l', responses: [b, a, b] }, {}, quietContext());
    assert.ok('responses' in list);
    // The first time that b comes, only what it does not share with a is new; the second time nothing.
    assert.equal(computedTokens(), record[0].tokens + 'Red?'.length + 1);
    assert.equal(list.responses[2].score, list.responses[0].score);
  });

  it('names the better of a pair by its margin and the best of a list, the first of equals', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    const [a, b] = [conversation('Blue.'), conversation('Red?')];
    const pair = await model.scoreRow({ kind: 'pair', id: 'p', chosen: a, rejected: b }, {}, quietContext());
    assert.ok('margin' in pair);
    assert.equal(pair.margin, pair.chosen.score - pair.rejected.score);
    const list = await model.scoreRow({ kind: 'list', id: 'l', responses: [b, a, b, a] }, {}, quietContext());
    assert.ok('responses' in list);
    assert.equal(list.best, 0 < pair.margin ? 1 : 0);
  });

  it('gives gate, rating and contributions that add up, and states only when asked', async () => {
    writeGatedModel(folder());
    const model = await open();
    const plain = await scoreOne(model, conversation('Blue.'));
    assert.ok(!('lastHidden' in plain));
    const { objectives, score, lastHidden, gateHidden } = await scoreOne(model, conversation('Blue.'), {
      states: true,
    });
    assert.deepEqual([lastHidden?.length, gateHidden?.length], [32, 32]);
    assert.notDeepEqual(lastHidden, gateHidden);
    assert.equal(
      objectives.reduce((sum, { contribution }) => sum + contribution, 0),
      score,
    );
    const gates = objectives.map(({ gate }) => gate ?? NaN);
    assert.ok(0.02 < Math.max(...gates) - Math.min(...gates), `${gates}`);
  });

  it('reads the gate from the prompt: another reply leaves coefficients as they are, another prompt does not', async () => {
    writeGatedModel(folder());
    const model = await open();
    const coefficients = async (input: ScorableInput): Promise<number[]> =>
      (await scoreOne(model, input)).objectives.map(({ coefficient }) => coefficient);
    const first = await coefficients(conversation('Blue.'));
    assertClose(await coefficients(conversation('Something else')), first, { tolerance });
    assert.notDeepEqual(await coefficients(conversation('Blue.', 'Another question')), first);
  });

  it('does not find the gate where no reply begins', async () => {
    writeGatedModel(folder());
    const model = await open();
    const question: Message[] = [{ role: 'user', content: 'Alone' }];
    await rejects(() => scoreOne(model, { kind: 'messages', messages: question }), 'gate_not_found');
    await rejects(() => scoreOne(model, { kind: 'ids', ids: [1, 2, 3] }), 'gate_not_found');
    await rejects(
      () => scoreOne(model, conversation('x'.repeat(90)), { maxTokens: 50, truncate: true }),
      'gate_not_found',
    );
  });

  it('refuses long texts, or keeps BOS and the end when told to truncate', async () => {
    writeTinyModel({ folder: folder(), config: { max_position_embeddings: 60 } });
    const model = await open();
    const input = conversation('abcdefghij'.repeat(5));
    const ids = talkIds('abcdefghij'.repeat(5));
    await rejects(() => scoreOne(model, input), 'too_long', new RegExp(`${ids.length} tokens, the limit is 60`));
    await rejects(() => scoreOne(model, input, { maxTokens: 40 }), 'too_long', /limit is 40/);
    await rejects(() => scoreOne(model, input, { maxTokens: 1000 }), 'too_long', /limit is 60/);
    for (const maxTokens of [40, 60]) {
      const cut = await scoreOne(model, input, { maxTokens, truncate: true });
      assert.deepEqual([cut.tokens, cut.truncated], [maxTokens, true]);
      const kept = [tinyTokens.begin, ...ids.slice(1 - maxTokens)];
      const same = await scoreOne(model, { kind: 'ids', ids: kept });
      assert.equal(same.truncated, false);
      assertClose([cut.score], [same.score], { tolerance });
    }
    const fits = await scoreOne(model, conversation('Short'), { truncate: true });
    assert.deepEqual([fits.tokens, fits.truncated], [talkIds('Short').length, false]);
  });

  it('drops from the very left where there is no BOS', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    const ids = Array.from({ length: 50 }, (_, index) => 65 + (index % 26));
    const cut = await scoreOne(model, { kind: 'ids', ids }, { maxTokens: 20, truncate: true });
    const same = await scoreOne(model, { kind: 'ids', ids: ids.slice(-20) });
    assertClose([cut.score], [same.score], { tolerance });
  });

  it('refuses ids outside the vocabulary and empty rows', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    for (const id of [-1, 261, 1.5, NaN]) {
      await rejects(() => scoreOne(model, { kind: 'ids', ids: [1, id] }), 'row', /outside the vocabulary of 261/);
    }
    await rejects(() => scoreOne(model, { kind: 'ids', ids: [] }), 'row');
    await rejects(() => scoreOne(model, { kind: 'text', text: '' }), 'row');
    await scoreOne(model, { kind: 'ids', ids: [0, 260] });
  });

  it('needs a chat template for messages, not for text and ids', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: null });
    const model = await open();
    await rejects(() => scoreOne(model, conversation('Blue.')), 'template');
    const byText = await scoreOne(model, { kind: 'text', text: 'Blue.' });
    const byIds = await scoreOne(model, { kind: 'ids', ids: [...Buffer.from('Blue.')] });
    assertClose([byText.score], [byIds.score], { tolerance });
  });

  it('replaces coefficients by name and refuses names that the model does not have', async () => {
    writeTinyModel({ folder: folder(), labels: ['helpful', 'brief'] });
    const model = await open();
    const plain = await scoreOne(model, conversation('Blue.'));
    const weighed = await scoreOne(model, conversation('Blue.'), { weights: { brief: -3 } });
    const [helpful, brief] = plain.objectives.map(({ reward }) => reward);
    assertClose([plain.score, weighed.score], [helpful / 2 + brief / 2, helpful / 2 - 3 * brief], { tolerance });
    const { hint } = await rejects(() => scoreOne(model, conversation('x'), { weights: { kind: 1 } }), 'usage', /kind/);
    assert.match(hint ?? '', /helpful, brief/);
  });

  it('refuses weights for a gated model', async () => {
    writeGatedModel(folder());
    const model = await open();
    await rejects(() => scoreOne(model, conversation('x'), { weights: { 'objective-0': 1 } }), 'usage', /gate/);
  });

  it('hears a cancellation', async () => {
    writeTinyModel({ folder: folder() });
    const model = await open();
    const row: ScorableRow = { kind: 'single', id: '1', input: conversation('x') };
    await rejects(() => model.scoreRow(row, {}, quietContext(AbortSignal.abort())), 'cancelled');
  });

  it('changes its hash with the head', async () => {
    writeTinyModel({ folder: folder() });
    const file = join(folder(), 'head.st');
    writeTinyHead({ file });
    const [own, head] = [await open(), await open({ headPath: file })];
    assert.notEqual(own.description.hash, head.description.hash);
    assert.equal((await open()).description.hash, own.description.hash);
  });
});
