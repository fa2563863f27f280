import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ScorableInput, ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import type { ScoreGrowth } from '../../../src/core/reward/scoreGrowth';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModelParams } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel } from '../../../src/engine/reward/rewardModel';
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
const question = 'Name a colour.';
const reply = 'Grün, I think. Or blue! No: 紅.';

function near(actual: number, expected: number, tolerance: number): void {
  assertClose([actual], [expected], { tolerance });
}

function row(text: string): ScorableRow {
  return { kind: 'single', id: '1', input: talk(text) };
}

function talk(text: string): ScorableInput {
  return {
    kind: 'messages',
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: text },
    ],
  };
}

const { begin, user, assistant, end } = tinyTokens;
/** What is before the reply: every byte is its own id. */
const tinyPrompt = [begin, user, ...Buffer.from(question), end, assistant];
const gatedPrompt = [
  begin,
  ...Buffer.from(`<|start_header_id|>user<|end_header_id|>\n\n${question}<|eot_id|>`),
  ...Buffer.from('<|start_header_id|>assistant<|end_header_id|>\n\n'),
];

/** The beginning of a reply, whose turn does not end. */
function beginning(prompt: readonly number[], bytes: Uint8Array): ScorableRow {
  return { kind: 'single', id: '1', input: { kind: 'ids', ids: [...prompt, ...bytes] } };
}

async function scoreOf(model: RewardModel, scorable: ScorableRow): Promise<RewardBreakdown> {
  const scored = await model.scoreRow(scorable, {}, quietContext());
  assert.ok('score' in scored);
  return scored;
}

describe('the score as the text grows', () => {
  useTemporaryCache();
  const record = useEvaluationRecord();
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
    ['one token', async (path) => (writeTinyModel({ folder: path, chatTemplate: tinyChatTemplate }), {})],
    // This template's end of turn is no special token: it counts as text of the response.
    ['one token under a gate', async (path) => (writeGatedModel(path), {})],
    [
      'the mean of the response',
      async (path) => {
        writeTinyModel({ folder: path, chatTemplate: tinyChatTemplate });
        writeTinyHead({ file: join(path, 'head.st') });
        return { headPath: join(path, 'head.st') };
      },
    ],
  ];
  for (const [name, write] of kinds) {
    const isGated = name === 'one token under a gate';
    const [prompt, tail] = isGated ? [gatedPrompt, '<|eot_id|>'] : [tinyPrompt, ''];

    it(`of ${name}: every point is the score of the text up to there, and the last one that of the whole`, async () => {
      const model = await open(await write(folder()));
      const [growth] = (await model.growRow(row(reply), {}, quietContext())) as [ScoreGrowth];
      const bytes = Buffer.from(reply + tail);
      assert.equal(growth.points.length, bytes.length + (growth.closing === null ? 0 : 1));
      for (let count = 1; count <= bytes.length; count += 1) {
        const { score } = await scoreOf(await open(await write(folder())), beginning(prompt, bytes.subarray(0, count)));
        near(growth.points[count - 1].score, score, tolerance);
        await opened.pop()?.release();
      }
      const whole = await scoreOf(model, row(reply));
      near(growth.points.at(-1)!.score, whole.score, 1e-9);
      assert.equal(growth.closing === null, name !== 'one token');
    }).timeout(120_000);

    it(`of ${name}: the changes of the sentences and of the end of the turn add up to the score`, async () => {
      const model = await open(await write(folder()));
      const { responses } = await model.explainRow(row(reply), {}, quietContext());
      const { text, score, objectives } = responses[0];
      const [growth] = (await model.growRow(row(reply), {}, quietContext())) as [ScoreGrowth];
      const { segments, closing } = growth;
      assert.deepEqual(
        segments.map(({ start, end }) => text.slice(start, end)),
        ['Grün, I think. ', 'Or blue! ', `No: 紅.${tail}`],
      );
      const steps = closing === null ? segments : [...segments, closing];
      near(
        steps.reduce((sum, { before, after }) => sum + after - (before ?? 0), 0),
        score,
        1e-9,
      );
      objectives.forEach(({ name: objective, contribution }, index) => {
        assert.equal(steps[0].contributions[index].name, objective);
        near(
          steps.reduce((sum, { contributions }) => sum + contributions[index].change, 0),
          contribution,
          1e-9,
        );
      });
    });
  }

  it('computes nothing that explaining the row has computed, but the states that were not kept', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    writeTinyHead({ file: join(folder(), 'head.st') });
    const model = await open({ headPath: join(folder(), 'head.st') });
    await model.explainRow(row(reply), {}, quietContext());
    const before = record.length;
    await model.growRow(row(reply), {}, quietContext());
    const computed = record.slice(before).map(({ computedTokens }) => computedTokens);
    assert.deepEqual(computed, [0]);
  });

  it('places the ends of tokens within the text, also within characters of several tokens', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    writeTinyHead({ file: join(folder(), 'head.st') });
    const model = await open({ headPath: join(folder(), 'head.st') });
    const { responses } = await model.explainRow(row('aü紅b'), {}, quietContext());
    const [growth] = (await model.growRow(row('aü紅b'), {}, quietContext())) as [ScoreGrowth];
    const start = responses[0].text.indexOf('aü紅b');
    assert.deepEqual(
      growth.points.map(({ end }) => end - start),
      [1, 1, 2, 2, 2, 3, 4],
    );
  });

  it('grows the responses that are asked for, with the weights that are given', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    const model = await open();
    const list: ScorableRow = { kind: 'list', id: '1', responses: [talk('One.'), talk('Two.'), talk('Three.')] };
    const options = { weights: { helpful: 2, brief: -1 } };
    const growths = await model.growRow(list, { ...options, responses: [2, 0] }, quietContext());
    const { responses } = await model.explainRow(list, options, quietContext());
    near(growths[0]!.points.at(-1)!.score, responses[2].score, 1e-9);
    near(growths[1]!.points.at(-1)!.score, responses[0].score, 1e-9);
    await rejects(() => model.growRow(list, { responses: [3] }, quietContext()), 'usage', /no response 3/);
  });

  it('has nothing to say of a text without a response', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    const model = await open();
    const prompt: ScorableRow = {
      kind: 'single',
      id: '1',
      input: { kind: 'messages', messages: [{ role: 'user', content: 'Hello?' }] },
    };
    assert.deepEqual(await model.growRow(prompt, {}, quietContext()), [null]);
  });

  it('computes some points of a very long response, its sentences and its end among them', async () => {
    writeTinyModel({ folder: folder(), chatTemplate: tinyChatTemplate });
    writeTinyHead({ file: join(folder(), 'head.st') });
    const model = await open({ headPath: join(folder(), 'head.st') });
    const long = `${'A rather long sentence, as sentences go. '.repeat(40)}The end.`;
    const [growth] = (await model.growRow(row(long), {}, quietContext())) as [ScoreGrowth];
    assert.ok(growth.points.length < 1100, `${growth.points.length} points`);
    assert.equal(growth.segments.length, 41);
    const { score } = await scoreOf(model, row(long));
    near(growth.points.at(-1)!.score, score, 1e-9);
    near(growth.segments.at(-1)!.after, score, 1e-9);
  });
});
