import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  mkdtempSync,
  appendFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type { OutputRow } from '../../src/core/reward/outputRow';
import type { ScoreSummary } from '../../src/core/reward/scoreSummary';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { finishCli, readJsonLines, runCli, startCli, type CliResult } from './runCli';
import { writeTinyClassifier } from './tinyVariants';

const rowCount = 600;
const badRows = 12;

/** Pairs of random length with subsets; every 50th row cannot be read. */
function writeRows(path: string): void {
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  const text = (seed: number): string =>
    Array.from({ length: 1 + (seed % 7) }, (_, index) => words[(seed * 7 + index * 3) % 4]).join(' ');
  const rows = Array.from({ length: rowCount }, (_, index) =>
    index % 50 === 7
      ? { id: `bad ${index}`, prompt: 'x' }
      : { prompt: text(index), chosen: text(index * 3 + 1), rejected: text(index * 5 + 2), subset: `s${index % 2}` },
  );
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

async function countParquetRows(bytes: Buffer): Promise<number> {
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file });
  const scored = rows.filter(
    (row) => typeof row['margin'] === 'number' && row['chosen_score'] - row['rejected_score'] === row['margin'],
  );
  const failed = rows.filter((row) => row['error'] === 'row' && typeof row['message'] === 'string');
  return scored.length + failed.length;
}

describe('alidade score --output', function () {
  this.timeout(120_000);
  useTemporaryCache();
  let folder = '';
  let model = '';
  let rows = '';
  /** What an undisturbed run gives. */
  let whole = '';
  let wholeSummary: ScoreSummary;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-output-'));
    model = join(folder, 'model');
    rows = join(folder, 'rows.jsonl');
    writeTinyClassifier(model, ['helpful', 'brief']);
    writeRows(rows);
    const { status, stdout, stderr } = await score('whole.jsonl', '--summary', join(folder, 'whole.json'));
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
    whole = readFileSync(join(folder, 'whole.jsonl'), 'utf8');
    wholeSummary = JSON.parse(readFileSync(join(folder, 'whole.json'), 'utf8')) as ScoreSummary;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function args(output: string, ...more: readonly string[]): string[] {
    return ['score', '--model', model, '--quiet', '--output', join(folder, output), ...more, rows];
  }

  function score(output: string, ...more: readonly string[]): Promise<CliResult> {
    return runCli(args(output, ...more));
  }

  const leftovers = (output: string): string[] =>
    readdirSync(folder).filter((name) => name.startsWith(output) && name !== output);

  /** Starts a run and ends it when its journal has so many rows; false when it was done before. */
  async function interrupt(output: string, signal: NodeJS.Signals, atRows: number): Promise<boolean> {
    const child = startCli(args(output, '--resume'));
    const ended = finishCli(child);
    let isOver = false;
    void ended.then(() => (isOver = true));
    const journal = join(folder, `${output}.journal`);
    while (!isOver && countJournalRows(journal) < atRows) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill(signal);
    await ended;
    return !existsSync(join(folder, output));
  }

  function countJournalRows(path: string): number {
    if (!existsSync(path)) return -1;
    const counts = [...readFileSync(path, 'utf8').matchAll(/"rows":(\d+)/g)].map(([, count]) => Number(count));
    return Math.max(0, ...counts);
  }

  it('writes every row in order, with a summary of them', () => {
    const lines = readJsonLines<OutputRow>(whole);
    assert.equal(lines.length, rowCount);
    assert.deepEqual(
      lines.slice(6, 9).map(({ id }) => id),
      ['7', 'bad 7', '9'],
    );
    const { rows: count, errors, pairs, subsets, tokens, seconds } = wholeSummary;
    assert.deepEqual([count, errors, pairs.n], [rowCount, badRows, rowCount - badRows]);
    const wins = lines.filter((line) => 'margin' in line && 0 < line.margin).length;
    assert.equal(pairs.wins, wins);
    assert.equal(pairs.accuracy, wins / (rowCount - badRows));
    assert.equal((subsets['s0']?.n ?? 0) + (subsets['s1']?.n ?? 0), pairs.n);
    const sum = lines.reduce(
      (all, line) => all + ('margin' in line ? line.chosen.tokens + line.rejected.tokens : 0),
      0,
    );
    assert.equal(tokens, sum);
    assert.ok(0 < seconds);
    assert.deepEqual(leftovers('whole.jsonl'), []);
  });

  it('gives what standard output would have, but for rounding', async () => {
    const { stdout } = await runCli(['score', '--model', model, '--quiet', rows]);
    const printed = readJsonLines<OutputRow>(stdout);
    const written = readJsonLines<OutputRow>(whole);
    assert.equal(printed.length, written.length);
    for (const [index, line] of printed.entries()) {
      const other = written[index];
      if ('margin' in line && other !== undefined && 'margin' in other) {
        assert.ok(Math.abs(line.chosen.score - other.chosen.score) <= 1e-5);
      } else assert.deepEqual(line, other);
    }
  });

  for (const atRows of [-1, 0, 1, 300]) {
    it(`is byte for byte the same when killed at ${atRows < 0 ? 'the start' : `${atRows} rows`} and resumed`, async function () {
      if (process.platform === 'win32') return this.skip();
      const output = `killed${atRows}.jsonl`;
      assert.ok(await interrupt(output, 'SIGKILL', atRows), 'the run was over before it was killed');
      const summary = join(folder, `killed${atRows}.json`);
      const { status, stderr } = await score(output, '--resume', '--summary', summary);
      assert.equal(status, 1, stderr);
      assert.equal(readFileSync(join(folder, output), 'utf8'), whole);
      assert.deepEqual(leftovers(output), []);
      const { seconds, rowsPerSecond, tokensPerSecond, ...counts } = JSON.parse(
        readFileSync(summary, 'utf8'),
      ) as ScoreSummary;
      assert.deepEqual(
        { ...wholeSummary, seconds, rowsPerSecond, tokensPerSecond },
        { ...counts, seconds, rowsPerSecond, tokensPerSecond },
      );
      assert.ok(0 < seconds && 0 < rowsPerSecond && 0 < tokensPerSecond);
    });
  }

  it('survives being killed many times, with half-written lines at the ends', async function () {
    if (process.platform === 'win32') return this.skip();
    for (const atRows of [1, 257]) {
      await interrupt('often.jsonl', 'SIGKILL', atRows);
      // As a machine that loses power may leave them.
      appendFileSync(join(folder, 'often.jsonl.part'), '{"id":"half');
      appendFileSync(join(folder, 'often.jsonl.journal'), '{"rows":99');
    }
    await score('often.jsonl', '--resume');
    assert.equal(readFileSync(join(folder, 'often.jsonl'), 'utf8'), whole);
  });

  it('says after Ctrl+C what is kept and how to go on, and exits with 130', async function () {
    if (process.platform === 'win32') return this.skip();
    const child = startCli(args('stopped.jsonl'));
    const ended = finishCli(child);
    while (countJournalRows(join(folder, 'stopped.jsonl.journal')) < 256)
      await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 130);
    assert.match(stderr, /^error: cancelled: \d+ rows are kept: the same command with --resume goes on after them\n$/);
    assert.ok(!existsSync(join(folder, 'stopped.jsonl')));
    const again = await score('stopped.jsonl');
    assert.equal(again.status, 1);
    assert.match(
      again.stderr,
      /^error: there is an interrupted run of .*stopped\.jsonl with \d+ rows: --resume goes on with it/,
    );
    await score('stopped.jsonl', '--resume');
    assert.equal(readFileSync(join(folder, 'stopped.jsonl'), 'utf8'), whole);
  });

  it('does not go on with other rows, options or another model', async function () {
    if (process.platform === 'win32') return this.skip();
    await interrupt('other.jsonl', 'SIGKILL', 1);
    const refused = async (pattern: RegExp, ...changed: readonly string[]): Promise<void> => {
      const { status, stdout, stderr } = await runCli(changed);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, pattern);
    };
    const output = ['--output', join(folder, 'other.jsonl'), '--resume', '--quiet'];
    const otherRows = join(folder, 'rows2.jsonl');
    writeFileSync(otherRows, `${readFileSync(rows, 'utf8')}{"text":"one more"}\n`);
    const otherModel = join(folder, 'model2');
    writeTinyClassifier(otherModel, ['helpful', 'long']);
    const begun = /the interrupted run of .*other\.jsonl cannot go on, because it was begun with other /;
    await refused(new RegExp(`${begun.source}inputs: `), 'score', '--model', model, ...output, otherRows);
    await refused(new RegExp(`${begun.source}model: `), 'score', '--model', otherModel, ...output, rows);
    await refused(new RegExp(`${begun.source}options: `), 'score', '--model', model, '--truncate', ...output, rows);
    await refused(new RegExp(`${begun.source}dtype: `), 'score', '--model', model, '--dtype', 'int8', ...output, rows);
    await refused(new RegExp(`${begun.source}shard: `), 'score', '--model', model, '--shard', '0/2', ...output, rows);
    assert.ok(existsSync(join(folder, 'other.jsonl.part')), 'what was scored is still there');
  });

  it('never replaces a file, and finds nothing to do where a run is complete', async () => {
    const { status, stdout, stderr } = await score('whole.jsonl');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: .*whole\.jsonl exists: choose another name, or remove it\n$/);
    const again = await score('whole.jsonl', '--resume');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /^error: 12 of 600 rows could not be scored/);
    assert.equal(readFileSync(join(folder, 'whole.jsonl'), 'utf8'), whole);
    writeFileSync(join(folder, 'foreign.jsonl'), '{"id":"x"}\n');
    const foreign = await score('foreign.jsonl', '--resume');
    assert.match(foreign.stderr, /^error: .*foreign\.jsonl does not hold the scores of these inputs \(row 1\)/);
    assert.equal(readFileSync(join(folder, 'foreign.jsonl'), 'utf8'), '{"id":"x"}\n');
  });

  it('refuses a folder that is not there or may not be written, before the model is opened', async function () {
    const nowhere = await runCli(['score', '--model', model, '--output', join(folder, 'no', 'x.jsonl'), rows]);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /^error: .*no does not exist\n$/);
    if (process.getuid?.() === 0 || process.platform === 'win32') return this.skip();
    const locked = join(folder, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    const { stderr } = await runCli(['score', '--model', model, '--output', join(locked, 'x.jsonl'), rows]);
    assert.match(stderr, /^error: .*locked may not be opened/);
  });

  it('scores every Nth row of a shard, and all rows in all shards', async () => {
    const parts = await Promise.all(
      ['0/2', '1/2'].map(async (shard, index) => {
        await score(`shard${index}.jsonl`, '--shard', shard);
        return readJsonLines<OutputRow>(readFileSync(join(folder, `shard${index}.jsonl`), 'utf8')).map(({ id }) => id);
      }),
    );
    const ids = readJsonLines<OutputRow>(whole).map(({ id }) => id);
    assert.deepEqual(
      parts[0],
      ids.filter((_, index) => index % 2 === 0),
    );
    assert.deepEqual(
      parts[1],
      ids.filter((_, index) => index % 2 === 1),
    );
  });

  for (const format of ['csv', 'parquet']) {
    it(`is the same .${format} when killed and resumed, and reads back as rows`, async function () {
      if (process.platform === 'win32') return this.skip();
      await score(`whole.${format}`);
      await interrupt(`killed.${format}`, 'SIGKILL', 300);
      const { stderr } = await score(`killed.${format}`, '--resume');
      assert.match(stderr, /^error: 12 of 600 rows could not be scored/);
      const bytes = readFileSync(join(folder, `whole.${format}`));
      assert.ok(readFileSync(join(folder, `killed.${format}`)).equals(bytes));
      assert.deepEqual(leftovers(`killed.${format}`), []);
      assert.equal(
        format === 'csv' ? bytes.toString('utf8').split('\n').length - 2 : await countParquetRows(bytes),
        rowCount,
      );
    });
  }
});
