import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadEvaluation } from '../../src/core/training/evaluation/headEvaluation';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { writeTinyHead } from '../fixtures/tinyHead';
import { writeTinyModel } from '../fixtures/tinyModel';
import { runCli, type CliResult } from './runCli';

describe('alidade heads evaluate', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const at = (name: string): string => join(folder(), name);

  const rows = Array.from({ length: 24 }, (_, index) =>
    index % 2 === 0
      ? { prompt: `Question ${index}`, chosen: `Yes, ${index}`, rejected: `${index} times no`, subset: 'plain' }
      : { prompt: `Question ${index}`, response: `Old answer ${index}`, polite: index % 3 === 0 ? 'yes' : 'no' },
  );
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

  async function evaluate(...args: readonly string[]): Promise<CliResult> {
    writeTinyModel({ folder: at('model') });
    writeTinyHead({ file: at('head.safetensors') });
    writeFileSync(at('rows.jsonl'), lines);
    const fixed = ['heads', 'evaluate', at('head.safetensors'), '--model', at('model'), '--device', 'cpu', '--quiet'];
    return runCli([...fixed, ...args], { stdin: lines });
  }

  it('prints tables for people: pairs, calibration, subsets, objectives and groups, with warnings apart', async () => {
    const labels = ['--label', 'fluency=polite=yes', '--terms', 'old,young'];
    const { status, stdout, stderr } = await evaluate(at('rows.jsonl'), ...labels);
    assert.equal(status, 0, stderr);
    const [heading, , counts] = stdout.split('\n');
    assert.equal(heading, 'model with tiny meters, on cpu in F32');
    assert.equal(counts, '24 rows');
    assert.match(stdout, /^12 pairs +95 %$/m);
    assert.match(stdout, /^accuracy +\d+\.\d % +\d+\.\d to \d+\.\d %$/m);
    assert.match(stdout, /^length alone +\d+\.\d % .* the (longer|shorter) response$/m);
    assert.match(stdout, /^confidence +pairs +mean +right$/m);
    assert.match(stdout, /^plain +12 +\d+\.\d % /m);
    assert.match(stdout, /^fluency +12 +AUC +0\.\d{3} +0\.\d{3} to /m);
    assert.match(stdout, /^fluency from 0\.5 +no +called yes +yes +called no$/m);
    assert.match(stdout, /^old +8 +\d+\.\d % +4 +\d+\.\d %$/m);
    assert.match(stderr, /^warning: 12 pairs are too few to tell/m);
  });

  it('prints the raw numbers with --json, the same from a file and from standard input', async () => {
    const fromFile = await evaluate(at('rows.jsonl'), '--json', '--label', 'fluency=polite=yes');
    const fromInput = await evaluate('--json', '--label', 'fluency=polite=yes');
    assert.equal(fromFile.status, 0, fromFile.stderr);
    assert.equal(fromFile.stdout, fromInput.stdout);
    const evaluation = JSON.parse(fromFile.stdout) as HeadEvaluation;
    assert.deepEqual([evaluation.rows, evaluation.errors, evaluation.pairs?.n], [24, 0, 12]);
    assert.equal(evaluation.objectives[0]?.threshold, 0.5);
  });

  it('weighs the objectives as it is told', async () => {
    const accuracy = async (weights: string): Promise<number | undefined> => {
      const { stdout, stderr } = await evaluate(at('rows.jsonl'), '--json', '--weights', weights);
      assert.doesNotMatch(stderr, /error/);
      return (JSON.parse(stdout) as HeadEvaluation).pairs?.accuracy;
    };
    const [longer, shorter] = [
      await accuracy('verbosity=1,fluency=0,warmth=0'),
      await accuracy('verbosity=-1,fluency=0,warmth=0'),
    ];
    assert.equal(longer, 0);
    assert.equal(shorter, 1);
  });

  it('evaluates what it can and fails with status 1 where rows could not be scored', async () => {
    writeFileSync(at('bad.jsonl'), `${lines}{"prompt": "Hi", "chosen": "x"}\n`);
    const { status, stdout, stderr } = await evaluate(at('bad.jsonl'), '--json');
    assert.equal(status, 1);
    assert.equal((JSON.parse(stdout.split('\n')[0]) as HeadEvaluation).errors, 1);
    assert.match(stderr, /error: 1 of 25 rows could not be scored: `alidade score` says why/);
  });

  it('refuses groups that are said twice or name nothing, with status 2', async () => {
    const both = await evaluate(at('rows.jsonl'), '--groups', 'a', '--terms', 'b');
    assert.equal(both.status, 2);
    assert.match(both.stderr, /^error: --groups and --terms exclude each other/);
    assert.equal((await evaluate(at('rows.jsonl'), '--terms', ' , ')).status, 2);
    assert.equal((await evaluate(at('rows.jsonl'), '--label', 'fluency')).status, 2);
  });
});
