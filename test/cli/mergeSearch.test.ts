import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { meanOf } from '../../src/core/merging/hma/heldMean';
import { readBlockRatios } from '../../src/core/merging/hma/readBlockRatios';
import { parseMergeRecipe } from '../../src/core/merging/recipe/parseMergeRecipe';
import { writeMergePair } from '../fixtures/mergePair';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { finishCli, readJsonLines, runCli, startCli, type CliResult } from './runCli';
import { writeTinyClassifier } from './tinyVariants';

interface Line {
  readonly ratios: readonly number[];
  readonly reward: number | null;
  readonly nll: number | null;
  readonly onFront: boolean;
  readonly tokens: number;
}

describe('alidade merge search', function () {
  this.timeout(120_000);
  const folder = useTemporaryFolder();
  const pair = ['--before', 'sft', '--after', 'rlhf'];
  const data = ['--prompts', 'prompts.jsonl', '--text', 'text.txt', '--max-new-tokens', '8', '--quiet'];

  beforeEach(() => {
    writeMergePair({ folder: folder(), layers: 3, noise: 0.4 });
    writeTinyClassifier(join(folder(), 'rm'));
    const prompts = ['the cat sat', 'a dog on the mat'].map((prompt) => `${JSON.stringify({ prompt })}\n`);
    writeFileSync(join(folder(), 'prompts.jsonl'), prompts.join(''));
    writeFileSync(join(folder(), 'text.txt'), 'the cat sat on the mat. a dog sat on the cat.');
  });

  const search = (output: string, ...args: readonly string[]): Promise<CliResult> =>
    runCli(['merge', 'search', ...pair, ...data, '--reward', 'rm', '--output', output, ...args], { cwd: folder() });
  const text = (...path: readonly string[]): string => readFileSync(join(folder(), ...path), 'utf8');
  const linesOf = (output: string): readonly Line[] => readJsonLines<Line>(text(output, 'front.jsonl'));

  it('measures plain averages first, and says what is on the front and which recipe is best', async () => {
    const { status, stdout, stderr } = await search('out', '--budget', '5', '--blocks', '2');
    assert.deepEqual([status, stderr], [0, '']);
    const lines = linesOf('out');
    assert.deepEqual(
      lines.slice(0, 2).map(({ ratios }) => ratios),
      [
        [0, 0],
        [1, 1],
      ],
    );
    assert.equal(lines.length, 5);
    assert.ok(lines.every(({ reward, nll }) => Number.isFinite(reward) && Number.isFinite(nll)));
    assert.deepEqual(
      readJsonLines<Line>(stdout),
      lines.filter(({ onFront }) => onFront),
    );
    const [recipe] = parseMergeRecipe(text('out', 'best.yml')).recipes;
    const best = readBlockRatios(recipe, 3);
    assert.ok(lines.some(({ ratios, onFront }) => onFront && ratios.join() === best?.ratios.join()));
    assert.match(text('out', 'front.svg'), /5 merged models/);
  });

  it('measures at the ends what the models themselves are', async () => {
    await search('out', '--budget', '2');
    const [after, before] = linesOf('out');
    for (const [model, line] of [
      ['sft', before],
      ['rlhf', after],
    ] as const) {
      const { stdout } = await runCli(['perplexity', '--model', model, 'text.txt', '--dtype', 'f32', '--quiet'], {
        cwd: folder(),
      });
      const { nll, tokens } = JSON.parse(stdout) as { readonly nll: number; readonly tokens: number };
      assert.ok(Math.abs(nll - (line.nll ?? NaN)) < 1e-3);
      assert.equal(tokens, line.tokens);
    }
  });

  it('gives the same bytes when it is stopped and goes on', async () => {
    await search('whole', '--budget', '7', '--blocks', '2', '--mean', '0.3');
    await search('parts', '--budget', '4', '--blocks', '2', '--mean', '0.3');
    const again = await search('parts', '--budget', '7', '--blocks', '2', '--mean', '0.3');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /has a search with 4 steps/);
    const other = await search('parts', '--budget', '7', '--blocks', '2', '--mean', '0.4', '--resume');
    assert.match(other.stderr, /begun with other mean/);
    assert.equal((await search('parts', '--budget', '7', '--blocks', '2', '--mean', '0.3', '--resume')).status, 0);
    for (const name of ['front.jsonl', 'best.yml', 'front.svg']) assert.equal(text('parts', name), text('whole', name));
    for (const { ratios } of linesOf('whole')) assert.ok(Math.abs(meanOf(ratios) - 0.3) < 1e-9);
  });

  it('leaves a folder that can be used when it is interrupted', async () => {
    const args = ['merge', 'search', ...pair, ...data, '--reward', 'rm', '--output', 'out', '--budget', '300'];
    const child = startCli(args, { cwd: folder() });
    const front = join(folder(), 'out', 'front.svg');
    const finished = finishCli(child);
    while (!existsSync(front) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    assert.equal((await finished).status, 130);
    const lines = linesOf('out');
    assert.ok(0 < lines.length && lines.length < 300);
    assert.equal(parseMergeRecipe(text('out', 'best.yml')).recipes.length, 1);
    const count = String(lines.length + 1);
    assert.equal((await search('out', '--budget', count, '--resume')).status, 0);
    assert.deepEqual(
      linesOf('out')
        .slice(0, lines.length)
        .map(({ ratios }) => ratios),
      lines.map(({ ratios }) => ratios),
    );
  });

  it('distils with answers of the model after RLHF, holding the mean', async () => {
    const proxy = ['--method', 'proxy', '--answers', '2', '--budget', '4', '--mean', '0.25', '--linear-only'];
    const { status, stderr } = await search('out', ...proxy);
    assert.deepEqual([status, stderr], [0, '']);
    const lines = linesOf('out');
    assert.deepEqual(lines[0].ratios, [0.25, 0.25, 0.25]);
    assert.ok(lines.length <= 2);
    for (const { ratios } of lines) assert.ok(Math.abs(meanOf(ratios) - 0.25) < 1e-9);
    const before = text('out', 'front.jsonl');
    assert.equal((await search('out', ...proxy, '--resume')).status, 0);
    assert.equal(text('out', 'front.jsonl'), before);
    const [recipe] = parseMergeRecipe(text('out', 'best.yml')).recipes;
    assert.equal(readBlockRatios(recipe, 3)?.isLinearOnly, true);
  });

  it('measures merged reward models on given responses', async () => {
    writeMergePair({ folder: folder(), layers: 3, labels: ['good'] });
    const rows = [
      { prompt: 'the cat', response: 'sat' },
      { prompt: 'the dog', chosen: 'sat', rejected: 'on' },
    ];
    writeFileSync(join(folder(), 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { status, stderr } = await runCli(
      ['merge', 'search', ...pair, '--prompts', 'rows.jsonl', '--text', 'text.txt', '--output', 'out', '--budget', '3'],
      { cwd: folder() },
    );
    assert.equal(status, 0, stderr);
    // What the model before RLHF itself makes of the rows.
    const [, before] = linesOf('out');
    const scored = await runCli(['score', '--model', 'sft', 'rows.jsonl', '--dtype', 'f32', '--quiet'], {
      cwd: folder(),
    });
    const [single, two] = readJsonLines<{ readonly score?: number; readonly margin?: number }>(scored.stdout);
    assert.ok(Math.abs(((single.score ?? NaN) + (two.margin ?? NaN)) / 2 - (before.reward ?? NaN)) < 1e-4);
  });

  const wrong: readonly (readonly [args: readonly string[], status: number, error: RegExp])[] = [
    [['--budget', '0'], 2, /--budget is 0/],
    [['--mean', '1.5'], 2, /--mean is 1\.5/],
    [['--blocks', '4'], 1, /models of 3 layers have from 1 to 3 blocks/],
    [['--blocks', '1', '--mean', '0.2'], 2, /nothing to search/],
    [['--head', 'x'], 2, /give one of them/],
    [['--method', 'best'], 2, /--method is not one of direct, proxy/],
  ];
  for (const [args, status, error] of wrong) {
    it(`refuses ${args.join(' ')}`, async () => {
      const result = await search('out', ...args);
      assert.equal(result.status, status);
      assert.match(result.stderr, error);
      assert.ok(!existsSync(join(folder(), 'out')));
    });
  }
});
