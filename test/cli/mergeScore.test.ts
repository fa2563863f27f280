import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MergeMeasurement } from '../../src/core/merging/mergeMeasurement';
import { writeMergePair } from '../fixtures/mergePair';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { writeTinyHead } from '../fixtures/tinyHead';
import { readJsonLines, runCli } from './runCli';

const recipe = `
merge_method: ties
base_model: sft
models: [{model: sft}, {model: rlhf, parameters: {weight: [0.2, 0.9], density: 0.7}}]
dtype: bfloat16
`;

describe('alidade merge score', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  const at = (name: string): string => join(folder(), name);
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  const rows = ['Hello', 'Good morning'].map((prompt, index) => ({ id: `r${index}`, prompt, response: `${prompt}!` }));
  const writeRows = (): string => write('rows.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));

  it('gives what the model that merge run writes gives: scores, perplexity of a text and of replies', async () => {
    writeMergePair({ folder: folder() });
    const head = at('head.safetensors');
    writeTinyHead({ file: head });
    const [path, text, data] = [
      write('r.merge.yml', recipe),
      write('text.txt', 'The quick brown fox jumps over the lazy dog.'),
      writeRows(),
    ];
    const run = await runCli(['merge', 'run', path, at('out'), '--quiet']);
    assert.equal(run.status, 0, run.stderr);
    const live = await runCli(['merge', 'score', path, '--rows', data, '--head', head, '--text', text, '--json']);
    assert.equal(live.status, 0, live.stderr);
    const { reward, perplexity } = JSON.parse(live.stdout) as MergeMeasurement;

    const scored = await runCli(['score', '--model', at('out'), '--head', head, data, '--quiet']);
    const scores = readJsonLines<{ readonly id: string; readonly score: number }>(scored.stdout);
    assert.deepEqual(
      reward?.rows.map(({ id }) => id),
      ['r0', 'r1'],
    );
    scores.forEach(({ score }, index) => {
      assert.ok(Math.abs(score - (reward?.rows[index].reward ?? NaN)) < 1e-5);
    });
    const read = await runCli(['perplexity', '--model', at('out'), text, '--quiet']);
    const expected = JSON.parse(read.stdout) as NonNullable<MergeMeasurement['perplexity']>;
    assert.equal(perplexity?.tokens, expected.tokens);
    assert.ok(Math.abs(perplexity.nll - expected.nll) < 1e-4 * expected.nll);

    const replies = await runCli(['merge', 'score', path, '--text', data, '--json', '--quiet']);
    const ofRows = await runCli(['perplexity', '--model', at('out'), data, '--quiet']);
    const [inMemory, onDisk] = [
      (JSON.parse(replies.stdout) as MergeMeasurement).perplexity,
      JSON.parse(ofRows.stdout) as NonNullable<MergeMeasurement['perplexity']>,
    ];
    assert.equal(inMemory?.tokens, onDisk.tokens);
    assert.ok(Math.abs(inMemory.nll - onDisk.nll) < 1e-4 * onDisk.nll);
  });

  it('has a reward model score answers to prompts, for people', async () => {
    writeMergePair({ folder: folder() });
    writeMergePair({ folder: at('judges'), labels: ['helpful'] });
    const path = write('r.merge.yml', recipe);
    const prompts = write('prompts.jsonl', '{"prompt": "Hello"}\n{"messages": [{"role": "user", "content": "Hi"}]}\n');
    const { status, stdout, stderr } = await runCli([
      ...['merge', 'score', path, '--prompts', prompts, '--reward', at('judges/sft')],
      ...['--max-new-tokens', '4', '--quiet'],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^merged in memory: \d+ tensors in .* s\nreward: -?[\d.]+ \(mean of 2 answers; sft\)\n$/);
  });

  it('scores what it can, and says of each row why not', async () => {
    writeMergePair({ folder: folder(), labels: ['helpful'] });
    const path = write('r.merge.yml', 'merge_method: linear\nmodels: [{model: sft, parameters: {weight: 1}}]\n');
    const data = write('rows.jsonl', `{"prompt": "Hello", "response": "Hi"}\n{"prompt": "alone"}\n`);
    const { status, stdout, stderr } = await runCli(['merge', 'score', path, '--rows', data, '--json']);
    assert.equal(status, 1);
    assert.match(stderr, /error: row 2: .*no `response`/);
    const { reward } = JSON.parse(stdout) as MergeMeasurement;
    assert.equal(reward?.rows.length, 2);
    assert.equal(reward.mean, reward.rows[0].reward);
  });

  const wrong: readonly (readonly [args: readonly string[], error: RegExp])[] = [
    [[], /nothing to measure on/],
    [['--rows', 'a', '--prompts', 'b'], /--rows and --prompts exclude each other/],
    [['--prompts', 'b'], /--prompts needs --reward/],
    [['--rows', 'a', '--reward', 'starter'], /--reward scores answers/],
  ];
  for (const [args, error] of wrong) {
    it(`refuses ${args.join(' ') || 'to measure on nothing'}`, async () => {
      const { status, stderr } = await runCli(['merge', 'score', write('r.merge.yml', recipe), ...args]);
      assert.equal(status, 2);
      assert.match(stderr, error);
    });
  }

  it('refuses a recipe with errors at their lines, before anything is merged', async () => {
    const path = write('r.merge.yml', 'merge_method: linaer\nmodels: [{model: nowhere}]\n');
    const { status, stderr } = await runCli(['merge', 'score', path, '--text', writeRows()]);
    assert.equal(status, 1);
    assert.match(stderr, /error: .*r\.merge\.yml:1: .*linear/);
  });
});
