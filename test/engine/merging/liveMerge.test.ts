import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { ScorableRow } from '../../../src/core/promptFile/scorableRow';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import { measureText } from '../../../src/engine/generation/measureText';
import { answerMessages } from '../../../src/engine/generation/answerMessages';
import { LiveMerge } from '../../../src/engine/merging/liveMerge';
import type { LiveMergeParams } from '../../../src/engine/merging/liveMerge';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { writeAverage } from '../../fixtures/averageFolder';
import { writeMergePair } from '../../fixtures/mergePair';
import { planText } from '../../fixtures/planText';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';

const tolerance = 1e-5;

/** Two blocks of layers: the share of the model before RLHF in each. */
function twoBlocks(first: number, second: number): string {
  const slice = (share: number, from: number, to: number): string => `
  - sources:
      - {model: sft, layer_range: [${from}, ${to}], parameters: {weight: ${share}}}
      - {model: rlhf, layer_range: [${from}, ${to}], parameters: {weight: ${1 - share}}}`;
  return `merge_method: linear\nslices:${slice(first, 0, 3)}${slice(second, 3, 6)}\ndtype: bfloat16\n`;
}

function conversation(id: string, prompt: string, reply: string): ScorableRow {
  const messages = [
    { role: 'user', content: prompt },
    { role: 'assistant', content: reply },
  ] as const;
  return { kind: 'single', id, input: { kind: 'messages', messages } };
}

const rows = [
  conversation('first', 'What is a merge?', 'An average of two models.'),
  conversation('second', 'Say hello', 'Hello! '.repeat(40)),
];

describe('LiveMerge', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const opened: { release(): Promise<void> }[] = [];
  const keep = <Model extends { release(): Promise<void> }>(model: Model): Model => {
    opened.push(model);
    return model;
  };
  const open = async (recipe: string, options: Partial<LiveMergeParams> = {}): Promise<LiveMerge> => {
    const stages = await planText(recipe, folder());
    return keep(await LiveMerge.open({ stages, device: 'cpu', threads: 1, ...options }, quietContext()));
  };
  const average = async (name: string, share: (tensor: string) => number): Promise<string> => {
    const target = join(folder(), name);
    await writeAverage({ before: join(folder(), 'sft'), after: join(folder(), 'rlhf'), target, share });
    return target;
  };
  // Embeddings go with the first slice, the final norm and heads with the last.
  const inBlocks =
    (first: number, second: number) =>
    (tensor: string): number => {
      const layer = /layers\.(\d+)\./.exec(tensor)?.[1];
      const isInFirst = layer === undefined ? tensor.includes('embed_tokens') : Number(layer) < 3;
      return isInFirst ? first : second;
    };
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.release();
  });

  it('gives the rewards that the merged folder gives, with the merged head', async () => {
    writeMergePair({ folder: folder(), labels: ['helpful', 'brief'] });
    const live = await open(twoBlocks(0.4, 0.7));
    const path = await average('average', inBlocks(0.4, 0.7));
    const written = keep(await openRewardModel({ reference: path, device: 'cpu', dtype: 'f32' }, quietContext()));
    const expected = await written.scoreBatch(rows, {}, quietContext());
    const { reward, perplexity } = await live.measure({ rows, texts: [] }, quietContext());
    assert.equal(perplexity, null);
    expected.forEach((row, index) => {
      assert.ok('score' in row && reward !== null);
      assert.ok(Math.abs((reward.rows[index].reward ?? NaN) - row.score) < tolerance);
    });
  });

  it('gives the perplexity, the likelihoods and the answers of the merged folder', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7));
    const path = await average('average', inBlocks(0.4, 0.7));
    const written = keep(await openLanguageModel({ reference: path, device: 'cpu', dtype: 'f32' }, quietContext()));
    const texts = ['The quick brown fox.', rows[1]];
    const [text, reply] = [
      await measureText(written, texts[0], quietContext()),
      await measureText(written, texts[1], quietContext()),
    ];
    const { perplexity, reward } = await live.measure({ rows: [], texts }, quietContext());
    assert.equal(reward, null);
    assert.equal(perplexity?.tokens, text.tokens + reply.tokens);
    assert.ok(Math.abs(perplexity.nll - text.nll - reply.nll) < 1e-4 * perplexity.nll);
    const likelihood = await live.logLikelihood([rows[1]], quietContext());
    assert.equal(likelihood.tokens, reply.tokens);
    assert.ok(Math.abs(likelihood.logLikelihood + reply.nll) < 1e-4 * reply.nll);

    const asked = { temperature: 0, maxNewTokens: 12, seed: 0 };
    const messages = [{ role: 'user', content: 'Hello' }] as const;
    const [answer] = await live.generate({ ...asked, prompts: [{ id: '1', messages }] }, quietContext());
    const [wanted] = await answerMessages({ model: written, messages, count: 1, ...asked }, quietContext());
    assert.deepEqual(answer, wanted);
  });

  it('merges anew only what another plan changes, and then gives what a merge begun with that plan gives', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7));
    const texts = ['The quick brown fox jumps over the lazy dog.'];
    const first = await live.measure({ rows: [], texts }, quietContext());
    const again = await live.measure({ rows: [], texts }, quietContext());
    assert.equal(again.mergedTensors, 0);
    assert.equal(again.perplexity?.nll, first.perplexity?.nll);
    const update = await live.update(await planText(twoBlocks(0.4, 0.2), folder()), quietContext());
    assert.equal(update.mergedTensors, 3 * 9 + 2);
    const changed = await live.measure({ rows: [], texts }, quietContext());
    assert.equal(changed.mergedTensors, 3 * 9 + 2);
    const fresh = await (await open(twoBlocks(0.4, 0.2))).measure({ rows: [], texts }, quietContext());
    assert.notEqual(changed.perplexity?.nll, first.perplexity?.nll);
    assert.ok(Math.abs((changed.perplexity?.nll ?? NaN) - (fresh.perplexity?.nll ?? NaN)) < 1e-6);
  });
});
