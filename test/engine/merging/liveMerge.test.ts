import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';

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

  it('reads no more layers than a head file asks for, and scores a body without a head of its own', async () => {
    writeMergePair({ folder: folder() });
    const headPath = join(folder(), 'head.safetensors');
    writeTinyHead({ file: headPath });
    const live = await open(twoBlocks(0.4, 0.7), { headPath });
    const path = await average('average', inBlocks(0.4, 0.7));
    const written = keep(
      await openRewardModel({ reference: path, headPath, device: 'cpu', dtype: 'f32' }, quietContext()),
    );
    const expected = await written.scoreRow(rows[0], {}, quietContext());
    const { reward, mergedTensors } = await live.measure({ rows, texts: [] }, quietContext());
    assert.ok('score' in expected && reward !== null);
    assert.ok(Math.abs((reward.rows[0].reward ?? NaN) - expected.score) < tolerance);
    assert.equal(reward.model, written.description.head);
    // The embeddings and the nine tensors of one layer.
    assert.equal(mergedTensors, 10);
    const all = await live.measure({ rows, texts: ['A text.'] }, quietContext());
    assert.equal(all.mergedTensors, 1 + 6 * 9 + 2 - 10);
  });

  it('takes the head file that stands in only where the merge has no head of its own', async () => {
    const fallbackHead = join(folder(), 'head.safetensors');
    writeTinyHead({ file: fallbackHead });
    writeMergePair({ folder: folder() });
    const policy = await open(twoBlocks(0.4, 0.7), { fallbackHead });
    assert.match((await policy.measure({ rows, texts: [] }, quietContext())).reward?.model ?? '', /tiny meters/);
    writeMergePair({ folder: folder(), labels: ['helpful'] });
    const rewarder = await open(twoBlocks(0.4, 0.7), { fallbackHead });
    assert.doesNotMatch((await rewarder.measure({ rows, texts: [] }, quietContext())).reward?.model ?? '', /meters/);
  });

  it('follows a recipe to another pair of models, whose shapes are others', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7));
    const texts = ['The quick brown fox.'];
    await live.measure({ rows: [], texts }, quietContext());
    writeMergePair({ folder: join(folder(), 'deeper'), layers: 8 });
    const recipe =
      'merge_method: slerp\nbase_model: sft\nmodels: [{model: sft}, {model: rlhf}]\nparameters: {t: 0.5}\n';
    const deeper = await planText(recipe, join(folder(), 'deeper'));
    assert.equal((await live.update(deeper, quietContext())).mergedTensors, 0);
    const moved = await live.measure({ rows: [], texts }, quietContext());
    assert.equal(moved.mergedTensors, 8 * 9 + 3);
    const fresh = keep(await LiveMerge.open({ stages: deeper, device: 'cpu', threads: 1 }, quietContext()));
    const { perplexity } = await fresh.measure({ rows: [], texts }, quietContext());
    assert.equal(moved.perplexity?.nll, perplexity?.nll);
  });

  it('merges the result of an earlier document in memory, too', async () => {
    writeMergePair({ folder: folder() });
    const stages = `
name: half
merge_method: linear
models: [{model: sft, parameters: {weight: 0.5}}, {model: rlhf, parameters: {weight: 0.5}}]
dtype: float32
---
merge_method: linear
models: [{model: half, parameters: {weight: 0.5}}, {model: rlhf, parameters: {weight: 0.5}}]
dtype: float32
`;
    const direct = `
merge_method: linear
models: [{model: sft, parameters: {weight: 0.25}}, {model: rlhf, parameters: {weight: 0.75}}]
dtype: float32
`;
    const measure = async (recipe: string): Promise<number> =>
      (await (await open(recipe)).measure({ rows: [], texts: ['A text.'] }, quietContext())).perplexity?.nll ?? NaN;
    const [staged, once] = [await measure(stages), await measure(direct)];
    assert.ok(Math.abs(staged - once) < 1e-4 * once);
  });

  it('says what cannot be read, and measures the rest', async () => {
    writeMergePair({ folder: folder(), labels: ['helpful'] });
    const live = await open(twoBlocks(0.4, 0.7));
    const long = conversation('long', 'Hello', 'word '.repeat(2000));
    const { reward } = await live.measure({ rows: [rows[0], long], texts: [] }, quietContext());
    assert.equal(reward?.rows[1].reward, null);
    assert.match(reward.rows[1].error ?? '', /tokens/);
    assert.equal(reward.mean, reward.rows[0].reward);
    await rejects(() => live.measure({ rows: [long], texts: [] }, quietContext()), 'row', /tokens/);
  });

  it('gives no perplexity for a reward model without a language-model head, and refuses its answers', async () => {
    for (const name of ['sft', 'rlhf']) {
      writeTinyModel({
        folder: join(folder(), name),
        config: { num_hidden_layers: 6 },
        chatTemplate: tinyChatTemplate,
        mapTensors: (tensors) => tensors.filter((tensor) => tensor.name !== 'lm_head.weight'),
      });
    }
    const live = await open(twoBlocks(0.4, 0.7));
    assert.equal((await live.measure({ rows: [rows[0]], texts: ['A text.'] }, quietContext())).perplexity, null);
    await rejects(() => live.logLikelihood([rows[0]], quietContext()), 'weights', /language-model head/);
  });

  it('refuses rows for a policy without any head', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7));
    await rejects(() => live.measure({ rows, texts: [] }, quietContext()), 'weights', /no reward head/);
  });

  it('has another model score what it answers, the same with the same seed', async () => {
    writeMergePair({ folder: folder() });
    writeMergePair({ folder: join(folder(), 'judges'), labels: ['helpful'] });
    const reference = join(folder(), 'judges', 'sft');
    const scorer = keep(await openRewardModel({ reference, device: 'cpu', dtype: 'f32' }, quietContext()));
    const live = await open(twoBlocks(0.4, 0.7));
    const prompts = ['Hello', 'What is a merge?'].map((content, index) => ({
      id: String(index),
      messages: [{ role: 'user', content }] as const,
    }));
    const told: number[] = [];
    const generated = { prompts, scorer, temperature: 1, maxNewTokens: 8, seed: 3 };
    const first = await live.measure(
      { rows: [], texts: [], generated: { ...generated, onAnswer: (_, index) => told.push(index) } },
      quietContext(),
    );
    assert.deepEqual(told, [0, 1]);
    assert.equal(first.reward?.isOfGenerated, true);
    assert.equal(first.reward.model, 'sft');
    assert.equal(first.reward.rows.length, 2);
    const again = await live.measure({ rows: [], texts: [], generated }, quietContext());
    assert.equal(again.reward?.mean, first.reward.mean);
    await rejects(() => live.measure({ rows, texts: [], generated }, quietContext()), 'usage');
  });

  it('refuses to begin where memory does not suffice, before it takes any', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7), { freeBytes: () => 400e6 });
    const failed = () => live.measure({ rows: [], texts: ['A text.'] }, quietContext());
    await rejects(failed, 'no_space', /not enough memory.* in F32, 400 MB are free/);
    assert.equal(live.bytes, 0);
  });

  it('says so where a merge has no tokenizer or cannot be run', async () => {
    writeMergePair({ folder: folder() });
    for (const model of ['sft', 'rlhf']) rmSync(join(folder(), model, 'tokenizer.json'));
    const live = await open(twoBlocks(0.4, 0.7));
    await rejects(() => live.measure({ rows: [], texts: ['A text.'] }, quietContext()), 'not_found', /tokenizer\.json/);
    for (const model of ['sft', 'rlhf']) {
      const path = join(folder(), model, 'config.json');
      const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      writeFileSync(path, JSON.stringify({ ...config, architectures: ['MambaForCausalLM'], model_type: 'mamba' }));
    }
    await rejects(() => open(twoBlocks(0.4, 0.7)), 'unsupported', /cannot be run here.*mamba/i);
  });

  it('can be stopped while it merges, and goes on from there', async () => {
    writeMergePair({ folder: folder() });
    const live = await open(twoBlocks(0.4, 0.7));
    const texts = ['A text.'];
    const first = await live.measure({ rows: [], texts }, quietContext());
    const stop = new AbortController();
    stop.abort();
    const plan = await planText(twoBlocks(0.9, 0.1), folder());
    await rejects(() => live.update(plan, quietContext(stop.signal)), 'cancelled');
    const after = await live.measure({ rows: [], texts }, quietContext());
    const fresh = await (await open(twoBlocks(0.9, 0.1))).measure({ rows: [], texts }, quietContext());
    assert.notEqual(after.perplexity?.nll, first.perplexity?.nll);
    assert.equal(after.perplexity?.nll, fresh.perplexity?.nll);
  });
});
