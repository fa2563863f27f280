import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBlockRatios } from '../../src/core/merging/hma/readBlockRatios';
import type { BlockRatios } from '../../src/core/merging/hma/blockRatios';
import { describeBlock } from '../../src/core/merging/hma/layerBlocks';
import { parseMergeRecipe } from '../../src/core/merging/recipe/parseMergeRecipe';
import { writeMergePair } from '../fixtures/mergePair';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { runCli, type CliResult } from './runCli';

describe('alidade merge hma', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  let pair: readonly string[] = [];
  beforeEach(() => {
    writeMergePair({ folder: folder(), layers: 6 });
    pair = ['--before', 'sft', '--after', 'rlhf'];
  });

  const run = (...args: readonly string[]): Promise<CliResult> =>
    runCli(['merge', 'hma', ...pair, ...args], { cwd: folder() });

  function read(text: string): BlockRatios {
    const { recipes, problems } = parseMergeRecipe(text);
    assert.deepEqual(problems, []);
    assert.equal(recipes[0].outDtype?.value, 'bfloat16');
    const ratios = readBlockRatios(recipes[0], 6);
    assert.ok(ratios !== null);
    return ratios;
  }

  it('prints the recipe of blocks and their shares of the model before RLHF', async () => {
    const { status, stdout, stderr } = await run('--alpha', '0.2', '--blocks', '0-1,2-4,5', '--ratios', '0.4,0.3,0.1');
    assert.deepEqual([status, stderr], [0, '']);
    const ratios = read(stdout);
    assert.deepEqual(ratios.blocks.map(describeBlock), ['0-1', '2-4', '5']);
    assert.deepEqual([ratios.before, ratios.after, ratios.ratios], ['sft', 'rlhf', [0.4, 0.3, 0.1]]);
    assert.deepEqual([ratios.embedding, ratios.finalNorm, ratios.head], [0.4, 0.2, 0.2]);
  });

  it("says the same of the reference code's tag", async () => {
    const blocks = await run('--alpha', '0.2', '--blocks', '0-1,2-4,5', '--ratios', '0.4,0.3,0.1');
    const tag = await run('--alpha', '0.2', '--tag', 'split|1#4|0.4|0.3|0.1');
    assert.equal(tag.stdout, blocks.stdout);
    const zero = await run('--alpha', '0.2', '--tag', 'split0|1#4|0.4|0.3|0.1');
    assert.equal(read(zero.stdout).head, 0);
    assert.equal(read(zero.stdout).finalNorm, 0.2);
  });

  it('writes the learnt variant, and reads what the reference code has learnt', async () => {
    const { stdout } = await run('--alpha', '0.25', '--blocks', 'layers', '--linear-only');
    const ratios = read(stdout.replace('[0.25, 0.25, 0.25, 0.25, 0.25, 0.25]', '[0, 0.1, 0.2, 0.3, 0.4, 0.5]'));
    assert.deepEqual([ratios.isLinearOnly, ratios.embedding, ratios.finalNorm, ratios.head], [true, 1, 1, 0.25]);
    const { float32 } = JSON.parse(readFileSync('test/references/maskAlphas.json', 'utf8')) as {
      readonly float32: { readonly file: string };
    };
    mkdirSync(join(folder(), 'learnt'));
    writeFileSync(join(folder(), 'learnt', 'mask_alphas.bin'), Buffer.from(float32.file, 'base64'));
    const wrong = await run('--mask-alphas', 'learnt');
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /has ratios for 4 layers, the models have 6/);
  });

  it('writes a file that others may read, and keeps one that is there', async () => {
    const first = await run('--alpha', '0.2', '--output', 'a.merge.yml');
    assert.deepEqual(first, { status: 0, stdout: '', stderr: '' });
    assert.deepEqual(read(readFileSync(join(folder(), 'a.merge.yml'), 'utf8')).ratios, [0.2, 0.2, 0.2]);
    const second = await run('--alpha', '0.3', '--output', 'a.merge.yml');
    assert.equal(second.status, 1);
    assert.match(second.stderr, /a\.merge\.yml exists already/);
    assert.equal((await run('--alpha', '0.3', '--output', 'a.merge.yml', '--force')).status, 0);
    mkdirSync(join(folder(), 'recipes'));
    assert.equal((await run('--alpha', '0.3', '--output', 'recipes/a.merge.yml')).status, 0);
    assert.equal(read(readFileSync(join(folder(), 'recipes', 'a.merge.yml'), 'utf8')).before, join(folder(), 'sft'));
  });

  const wrong: readonly (readonly [args: readonly string[], status: number, error: RegExp])[] = [
    [[], 2, /--alpha A is missing/],
    [['--alpha', '1.2'], 2, /--alpha is 1\.2, but has to be/],
    [['--alpha', '0.2', '--tag', 'split|4#1|0.4|0.3|0.2'], 1, /the cut 1 does not come after the cut 4/],
    [['--alpha', '0.2', '--tag', 'split|1#5|0.4|0.3|0.2'], 1, /the cut 5 leaves no layer after it/],
    [['--alpha', '0.2', '--tag', 'split|1#4|0.4|0.3'], 2, /2 ratios were given for 3 blocks/],
    [['--alpha', '0.2', '--tag', 'split|1#4|0.4|0.3|1.2'], 2, /the ratio 1\.2 is not between 0 and 1/],
    [['--alpha', '0.2', '--ratios', '0.2,0.3'], 2, /2 ratios were given for 3 blocks/],
    [['--alpha', '0.2', '--blocks', '0-3,3-5'], 1, /a block begins at layer 3, but layer 4 is the next/],
    [['--alpha', '0.2', '--blocks', '7'], 1, /models of 6 layers have from 1 to 6 blocks/],
    [['--alpha', '0.2', '--ratios', '0.2', '--tag', 'split|1|0.4|0.3'], 2, /exclude each other/],
    [['--alpha', '0.2', '--mask-alphas', 'none.bin'], 1, /none\.bin does not exist/],
  ];
  for (const [args, status, error] of wrong) {
    it(`refuses ${args.join(' ') || 'no ratio at all'}`, async () => {
      const result = await run(...args);
      assert.deepEqual([result.status, result.stdout], [status, '']);
      assert.match(result.stderr, /^error: [^\n]*\n$/);
      assert.match(result.stderr, error);
    });
  }

  it('refuses models that have not as many layers', async () => {
    mkdirSync(join(folder(), 'short'));
    writeMergePair({ folder: join(folder(), 'short'), layers: 3 });
    const { status, stderr } = await runCli(
      ['merge', 'hma', '--before', 'sft', '--after', 'short/rlhf', '--alpha', '0.2', '--json'],
      { cwd: folder() },
    );
    assert.equal(status, 1);
    const { error } = JSON.parse(stderr.split('\n').find((line) => line.startsWith('{')) ?? '') as {
      readonly error: { readonly code: string };
    };
    assert.equal(error.code, 'recipe');
  });
});
