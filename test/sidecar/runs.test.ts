import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DatasetQuery } from '../../src/core/dataset/datasetQuery';
import type { Logger } from '../../src/core/jobContext';
import { stampOf, RunStore } from '../../src/extension/run/runStore';
import type { RunRecord } from '../../src/extension/run/runRecord';
import { Runs } from '../../src/extension/run/runs';
import { forkSidecar } from '../../src/extension/sidecar/forkSidecar';
import { SidecarClient } from '../../src/extension/sidecar/sidecarClient';
import { writeTinyModel } from '../fixtures/tinyModel';
import packageJson from '../../package.json';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;
const script = resolve('dist', 'sidecar.js');
const worstFirst: DatasetQuery = { kind: 'pair', sort: 'rank', descending: false, subset: null, range: null };

describe('runs over whole files', function () {
  this.timeout(60_000);
  let folder = '';
  let model = '';
  let cache: string | undefined;
  const closing: (() => void)[] = [];

  before(() => {
    assert.ok(existsSync(script), `${script} is missing: run npm run build`);
    folder = mkdtempSync(join(tmpdir(), 'alidade-runs-'));
    model = join(folder, 'tiny');
    writeTinyModel({ folder: model });
    cache = process.env['ALIDADE_CACHE'];
    process.env['ALIDADE_CACHE'] = join(folder, 'cache');
  });

  afterEach(() => closing.splice(0).forEach((close) => close()));

  after(() => {
    if (cache === undefined) delete process.env['ALIDADE_CACHE'];
    else process.env['ALIDADE_CACHE'] = cache;
    rmSync(folder, { recursive: true, force: true });
  });

  interface Window {
    readonly runs: Runs;
    readonly client: SidecarClient;
    readonly ended: RunRecord[];
  }

  /** What one window of the editor has: a client, and the runs of the workspace's storage. */
  function openWindow(storage: string): Window {
    const client = new SidecarClient({
      fork: () => forkSidecar({ script, nodePath: process.execPath }),
      packageVersion: packageJson.version,
      logger: silent,
      onStateChange: () => {},
    });
    const ended: RunRecord[] = [];
    const runs = new Runs({
      client,
      store: new RunStore(join(folder, storage)),
      logger: silent,
      onChange: () => {},
      onEnd: (run) => ended.push(run),
      now: () => Date.now(),
      interruption: 'the window was closed',
    });
    closing.push(() => {
      runs.dispose();
      client.dispose();
    });
    return { runs, client, ended };
  }

  function writeRows(name: string, rows: readonly unknown[]): string {
    const path = join(folder, name);
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  }

  function somePairs(count: number): readonly unknown[] {
    return Array.from({ length: count }, (_, index) => ({
      id: `pair ${index}`,
      subset: index % 2 === 0 ? 'even' : 'odd',
      prompt: `Question ${index}?`,
      chosen: `Answer ${index}. `.repeat(1 + (index % 3)),
      rejected: `No ${index * 7}.`,
    }));
  }

  async function start(runs: Runs, input: string, reference = model): Promise<RunRecord> {
    const stamp = await stampOf(input);
    assert.ok(stamp !== null);
    const settings = { model: { reference, device: 'cpu', dtype: 'f32' }, truncate: false } as const;
    return runs.start({ input, stamp, settings });
  }

  function kindOf(runs: Runs, id: string): RunRecord['state']['kind'] | undefined {
    return runs.find(id)?.state.kind;
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1500; turn += 1) {
      if (isSo()) return;
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.fail(`it never happened: ${what}`);
  }

  it('score every row in the order of the file, and keep summary and model', async () => {
    const { runs, client, ended } = openWindow('whole');
    const rows = [...somePairs(30), { id: 'broken', prompt: 'x', chosen: 'y' }];
    const input = writeRows('whole.jsonl', rows);
    const { id } = await start(runs, input);
    await until('it is done', () => kindOf(runs, id) === 'done');
    const record = runs.find(id);
    assert.ok(record?.state.kind === 'done');
    assert.equal(record.state.summary.rows, 31);
    assert.equal(record.state.summary.errors, 1);
    assert.equal(record.state.summary.pairs.n, 30);
    assert.equal(record.model?.name, 'tiny');
    await until('the end is announced', () => ended.length === 1);
    assert.equal(ended[0]?.id, id);
    const lines = readFileSync(runs.outputPath(id), 'utf8').trim().split('\n');
    const ids = lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
    assert.deepEqual(
      ids,
      rows.map((row) => (row as { readonly id: string }).id),
    );
    const dataset = { inputs: [input], outputPath: runs.outputPath(id) };
    const { overview, sourceProblem } = await client.datasetOverview({ dataset }, { signal: never });
    assert.equal(sourceProblem, null);
    assert.equal(overview.pairs?.accuracy, record.state.summary.pairs.accuracy);
    assert.deepEqual(
      overview.subsets.map(({ name, rows: count }) => [name, count]),
      [
        ['even', 15],
        ['odd', 15],
      ],
    );
    const page = await client.datasetPage({ dataset, query: worstFirst, offset: 0, count: 5 }, { signal: never });
    const ranks = page.rows.map(({ rank }) => rank ?? NaN);
    assert.deepEqual(
      ranks,
      [...ranks].sort((a, b) => a - b),
    );
    const [worst] = page.rows;
    assert.ok(worst);
    assert.equal(worst.excerpt, `Question ${worst.line}?`);
    const source = await client.datasetRow({ dataset, row: worst.row }, { signal: never });
    assert.equal(source.row.id, worst.id);
  });

  it('go on after the scoring process was killed, and give the same file as an undisturbed run', async () => {
    const { runs, client } = openWindow('killed');
    const input = writeRows('killed.jsonl', somePairs(700));
    const undisturbed = await start(runs, input);
    await until('it is done', () => kindOf(runs, undisturbed.id) === 'done');
    const { id } = await start(runs, input);
    const part = `${runs.outputPath(id)}.part`;
    await until('some rows are kept', () => existsSync(part) && readFileSync(part, 'utf8').includes('\n'));
    assert.ok(client.state.kind === 'running');
    process.kill(client.state.pid, 'SIGKILL');
    await until('it is interrupted', () => kindOf(runs, id) === 'interrupted');
    const kept = readFileSync(part, 'utf8').split('\n').length - 1;
    assert.ok(0 < kept && kept < 700, `${kept} rows were kept`);
    await runs.resume(id);
    await until('it is done', () => kindOf(runs, id) === 'done');
    assert.equal(readFileSync(runs.outputPath(id), 'utf8'), readFileSync(runs.outputPath(undisturbed.id), 'utf8'));
  });

  it('stop at once, resume at once, and lose and repeat no row', async () => {
    const { runs } = openWindow('stopped');
    const input = writeRows('stopped.jsonl', somePairs(600));
    const { id } = await start(runs, input);
    await until('it runs', () => runs.find(id)?.state.kind === 'running' && runs.find(id)?.model !== null);
    await runs.stop(id);
    assert.equal(kindOf(runs, id), 'stopped');
    await runs.resume(id);
    await until('it is done', () => kindOf(runs, id) === 'done');
    const ids = readFileSync(runs.outputPath(id), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly id: string }).id);
    assert.deepEqual(
      ids,
      Array.from({ length: 600 }, (_, index) => `pair ${index}`),
    );
  });

  it('are found again by the next window, as interrupted where they were under way', async () => {
    const first = openWindow('reload');
    const input = writeRows('reload.jsonl', somePairs(600));
    const done = await start(first.runs, writeRows('small.jsonl', somePairs(2)));
    await until('the first is done', () => kindOf(first.runs, done.id) === 'done');
    const { id } = await start(first.runs, input);
    await until('it runs', () => kindOf(first.runs, id) === 'running');
    closing.splice(0).forEach((close) => close());
    const second = openWindow('reload');
    await second.runs.load();
    assert.deepEqual(
      second.runs.all.map((run) => [run.id, run.state.kind]),
      [
        [id, 'interrupted'],
        [done.id, 'done'],
      ],
    );
    await second.runs.resume(id);
    await until('it is done', () => kindOf(second.runs, id) === 'done');
  });

  it('wait for each other, and a waiting one can be stopped and deleted', async () => {
    const { runs } = openWindow('waiting');
    const first = await start(runs, writeRows('first.jsonl', somePairs(600)));
    const second = await start(runs, writeRows('second.jsonl', somePairs(3)));
    const third = await start(runs, writeRows('third.jsonl', somePairs(3)));
    assert.equal(kindOf(runs, second.id), 'waiting');
    await runs.stop(third.id);
    assert.equal(kindOf(runs, third.id), 'stopped');
    await runs.remove(third.id);
    assert.equal(runs.find(third.id), null);
    assert.equal(existsSync(join(folder, 'waiting', third.id)), false);
    await runs.stop(first.id);
    await until('the second is done', () => kindOf(runs, second.id) === 'done');
    assert.equal(kindOf(runs, first.id), 'stopped');
  });

  it('leave the answer to somebody who points at a row quick', async () => {
    const { runs, client } = openWindow('quick');
    const { id } = await start(runs, writeRows('quick.jsonl', somePairs(3000)));
    await until('rows are being scored', () => {
      const state = runs.find(id)?.state;
      return state?.kind === 'running' && (state.progress?.done ?? 0) > 0;
    });
    const times: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const begin = performance.now();
      await client.scoreRow(
        {
          model: { reference: model, device: 'cpu', dtype: 'f32' },
          row: { kind: 'single', id: 'hover', input: { kind: 'text', text: `a row ${turn}` } },
          priority: 'interactive',
        },
        { signal: never },
      );
      times.push(performance.now() - begin);
    }
    assert.equal(kindOf(runs, id), 'running', 'the run was still going on');
    times.sort((a, b) => a - b);
    const median = times[4] ?? Infinity;
    console.log(`a row during a run: median ${median.toFixed(0)} ms, slowest ${times.at(-1)?.toFixed(0)} ms`);
    assert.ok(median < 1500, `${median} ms`);
    await runs.stop(id);
  });

  it('say what is wrong with a model or a file, and can be tried again', async () => {
    const { runs, ended } = openWindow('failed');
    const { id } = await start(runs, writeRows('any.jsonl', somePairs(1)), join(folder, 'no model'));
    await until('it has failed', () => kindOf(runs, id) === 'failed');
    const { state } = runs.find(id) ?? assert.fail();
    assert.ok(state.kind === 'failed' && state.code === 'not_found', JSON.stringify(state));
    await until('the end is announced', () => ended.length === 1);
    const input = writeRows('gone.jsonl', somePairs(1));
    const stamp = await stampOf(input);
    assert.ok(stamp !== null);
    rmSync(input);
    const settings = { model: { reference: model, device: 'cpu', dtype: 'f32' }, truncate: false } as const;
    const gone = await runs.start({ input, stamp, settings });
    await until('it has failed', () => kindOf(runs, gone.id) === 'failed');
    writeFileSync(input, `${JSON.stringify(somePairs(1)[0])}\n`);
    await runs.resume(gone.id);
    await until('it is done', () => kindOf(runs, gone.id) === 'done');
  });

  it('end with nothing where there is nothing, and with errors alone where no row can be read', async () => {
    const { runs, client } = openWindow('nothing');
    const empty = await start(runs, writeRows('empty.jsonl', []));
    await until('it is done', () => kindOf(runs, empty.id) === 'done');
    const nothing = { inputs: [empty.input], outputPath: runs.outputPath(empty.id) };
    assert.equal((await client.datasetOverview({ dataset: nothing }, { signal: never })).overview.rows, 0);
    const bad = await start(runs, writeRows('bad.jsonl', [{ prompt: 'x', chosen: 'y' }, 7]));
    await until('it is done', () => kindOf(runs, bad.id) === 'done');
    const { overview } = await client.datasetOverview(
      { dataset: { inputs: [bad.input], outputPath: runs.outputPath(bad.id) } },
      { signal: never },
    );
    assert.deepEqual([overview.rows, overview.kinds.error, overview.pairs], [2, 2, null]);
  });

  it('read tables too, and know a row of theirs again', async () => {
    const { runs, client } = openWindow('table');
    const input = join(folder, 'table.csv');
    writeFileSync(input, 'id,prompt,chosen,rejected\none,"Why, then?",Because.,No\ntwo,How?,"So,\nand so",Thus\n');
    const { id } = await start(runs, input);
    await until('it is done', () => kindOf(runs, id) === 'done');
    const dataset = { inputs: [input], outputPath: runs.outputPath(id) };
    const { overview, sourceProblem } = await client.datasetOverview({ dataset }, { signal: never });
    assert.deepEqual([overview.kinds.pair, sourceProblem], [2, null]);
    const { row } = await client.datasetRow({ dataset, row: 1 }, { signal: never });
    assert.ok(row.kind === 'pair' && row.id === 'two' && row.chosen.kind === 'messages');
    assert.equal(row.chosen.messages.at(-1)?.content, 'So,\nand so');
  });

  it('notice that the file is another one now', async () => {
    const { runs, client } = openWindow('changed');
    const input = writeRows('changed.jsonl', somePairs(5));
    const { id, stamp } = await start(runs, input);
    await until('it is done', () => kindOf(runs, id) === 'done');
    writeRows('changed.jsonl', somePairs(4).slice(1));
    assert.notDeepEqual(await stampOf(input), stamp);
    const dataset = { inputs: [input], outputPath: runs.outputPath(id) };
    const { overview, sourceProblem } = await client.datasetOverview({ dataset }, { signal: never });
    assert.equal(overview.rows, 5, 'the scores are shown nevertheless');
    assert.match(sourceProblem ?? '', /has changed/);
    const page = await client.datasetPage({ dataset, query: worstFirst, offset: 0, count: 5 }, { signal: never });
    assert.ok(page.rows.every(({ line }) => line === null));
  });

  it('can be saved as JSON lines, CSV and Parquet', async () => {
    const { runs, client } = openWindow('saved');
    const { id, input } = await start(runs, writeRows('saved.jsonl', somePairs(4)));
    await until('it is done', () => kindOf(runs, id) === 'done');
    const dataset = { inputs: [input], outputPath: runs.outputPath(id) };
    for (const format of ['jsonl', 'csv', 'parquet'] as const) {
      const targetPath = join(folder, `saved.${format}`);
      await client.exportScores({ dataset, targetPath, format }, { signal: never });
      const bytes = readFileSync(targetPath);
      assert.ok(0 < bytes.length);
      if (format === 'jsonl') assert.equal(bytes.toString(), readFileSync(runs.outputPath(id), 'utf8'));
      if (format === 'csv') assert.equal(bytes.toString().trim().split('\n').length, 5);
      if (format === 'parquet') assert.equal(bytes.subarray(0, 4).toString(), 'PAR1');
    }
    const targetPath = join(folder, 'no folder', 'saved.csv');
    await assert.rejects(
      client.exportScores({ dataset, targetPath, format: 'csv' }, { signal: never }),
      /does not exist/,
    );
  });
});
