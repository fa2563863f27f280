import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { runCli } from './runCli';
import { writeTinyClassifier } from './tinyVariants';

describe('alidade dtypes', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  async function compare(...args: readonly string[]) {
    const model = join(folder(), 'model');
    writeTinyClassifier(model);
    const input = join(folder(), 'rows.jsonl');
    const rows = Array.from({ length: 6 }, (_, index) => ({
      prompt: 'Hi',
      response: `${index} words`.repeat(index + 1),
    }));
    writeFileSync(input, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return runCli(['dtypes', '--model', model, '--device', 'cpu', ...args, input]);
  }

  it('prints a table with a line for each number format', async () => {
    const { status, stdout, stderr } = await compare();
    assert.equal(status, 0, stderr);
    const [title, , header, ...lines] = stdout.split('\n');
    assert.match(title ?? '', /: 6 rows, 6 scores, spread /);
    assert.match(
      header ?? '',
      /^dtype +weights +tokens\/s +weight error +largest \|Δ\| +mean \|Δ\| +rank agreement +Spearman$/,
    );
    assert.deepEqual(
      lines.slice(0, 3).map((line) => line.split(' ')[0]),
      ['f32', 'int8', 'int4'],
    );
    assert.match(lines[0] ?? '', / 100\.00 % +1\.00000$/);
  });

  it('prints the same as JSON, for the formats and rows asked for', async () => {
    const { status, stdout, stderr } = await compare('--json', '--dtypes', 'int8', '--rows', '4');
    assert.equal(status, 0, stderr);
    const { rows, dtypes } = JSON.parse(stdout) as { rows: number; dtypes: { dtype: string; scores: object }[] };
    assert.equal(rows, 4);
    assert.deepEqual(
      dtypes.map(({ dtype }) => dtype),
      ['f32', 'int8'],
    );
  });

  it('refuses a number format that there is not', async () => {
    const { status, stderr } = await compare('--dtypes', 'int8,int3');
    assert.equal(status, 2);
    assert.match(stderr, /^error: --dtypes has "int3", not one of int8, int4: see alidade dtypes --help\n/);
  });
});
