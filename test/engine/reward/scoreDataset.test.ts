import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../../../src/core/jobContext';
import type { ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { ScoredRow } from '../../../src/core/reward/rewardBreakdown';
import { scoreDataset, type ScoreDatasetParams } from '../../../src/engine/reward/scoreDataset';
import { onLimitedDisk } from '../../fixtures/limitedDisk';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

/** Scores depend on what was scored since the model last forgot, as rounding does where beginnings are shared. */
class FakeModel {
  readonly description = {
    name: 'fake',
    path: '/fake',
    architecture: 'Fake',
    head: 'one rating',
    headKind: 'classification',
    objectives: [{ name: 'length' }],
    device: 'cpu',
    deviceReason: '',
    dtype: 'f32',
    contextLength: 100,
    hash: 'abc',
    mode: 'mapped',
  } as const;
  scored = 0;
  #sinceForgotten = 0;
  readonly #stopAfter: number;
  readonly #stop: () => void;

  constructor(stopAfter = Infinity, stop: () => void = () => undefined) {
    this.#stopAfter = stopAfter;
    this.#stop = stop;
  }

  forget(): void {
    this.#sinceForgotten = 0;
  }

  scoreBatch(rows: readonly ScorableRow[]): Promise<readonly ScoredRow[]> {
    return Promise.resolve(
      rows.map(({ id }): ScoredRow => {
        this.scored += 1;
        this.#sinceForgotten += 1;
        if (this.scored === this.#stopAfter) this.#stop();
        const score = this.#sinceForgotten / 1000;
        return { id, score, tokens: 2, truncated: false, objectives: [] };
      }),
    );
  }
}

describe('scoreDataset', () => {
  const folder = useTemporaryFolder();
  const count = 1000;

  function params(model: FakeModel, name: string): ScoreDatasetParams {
    const path = join(folder(), 'rows.jsonl');
    const rows = Array.from({ length: count }, (_, index) => JSON.stringify({ text: `t${index}` }));
    if (!existsSync(path)) writeFileSync(path, `${rows.join('\n')}\n`);
    const output = { path: join(folder(), name), format: 'jsonl' } as const;
    return { model, inputs: [path], output, resume: false, options: {} };
  }

  it('gives the same bytes when it was cancelled and resumed, and scores no noted row again', async () => {
    const undisturbed = params(new FakeModel(), 'whole.jsonl');
    const summary = await scoreDataset(undisturbed, quietContext());
    assert.deepEqual([summary.rows, summary.tokens], [count, 2 * count]);
    const abort = new AbortController();
    const stopped = params(new FakeModel(600, () => abort.abort()), 'stopped.jsonl');
    const error = await rejects(() => scoreDataset(stopped, quietContext(abort.signal)), 'cancelled');
    const kept = Number(
      /^(\d+) rows are kept: the same command with --resume goes on after them$/.exec(error.hint ?? '')?.[1],
    );
    assert.ok(0 < kept && kept < count, error.hint);
    assert.ok(!existsSync(join(folder(), 'stopped.jsonl')));
    const model = new FakeModel();
    const resumed = await scoreDataset({ ...params(model, 'stopped.jsonl'), resume: true }, quietContext());
    assert.equal(model.scored, count - kept);
    assert.deepEqual([resumed.rows, resumed.tokens], [count, 2 * count]);
    const read = (name: string): string => readFileSync(join(folder(), name), 'utf8');
    assert.equal(read('stopped.jsonl'), read('whole.jsonl'));
  });

  it('tells rows, rates and bytes of the input, and no end where that is not known', async () => {
    const reports: Progress[] = [];
    const context = { ...quietContext(), progress: (progress: Progress) => void reports.push(progress) };
    await scoreDataset(params(new FakeModel(), 'x.jsonl'), context);
    const [first] = reports;
    assert.match(first?.message ?? '', /^\d+ rows?, [\d.]+ rows\/s, [\d.]+ tokens\/s/);
    assert.equal(first?.unit, 'bytes');
    assert.ok(
      (first.done ?? 0) <= (first.total ?? 0) && first.total === readFileSync(join(folder(), 'rows.jsonl')).length,
    );
  });

  it('refuses an output that another process is writing', async () => {
    const { output, ...rest } = params(new FakeModel(), 'x.jsonl');
    assert.ok(output !== null);
    const head = { alidadeJournal: 1, key: {} };
    const writer = { writer: { pid: process.ppid, start: null } };
    writeFileSync(`${output.path}.journal`, `${JSON.stringify(head)}\n${JSON.stringify(writer)}\n`);
    await rejects(() => scoreDataset({ ...rest, output }, quietContext()), 'exists', /is being written by process \d+/);
  });

  it('writes the summary of a run that is complete already, and keeps one that knows the times', async () => {
    const summaryPath = join(folder(), 'summary.json');
    const again = { ...params(new FakeModel(), 'x.jsonl'), resume: true, summaryPath };
    const warnings: string[] = [];
    const quiet = quietContext();
    const context = { ...quiet, logger: { ...quiet.logger, warn: (text: string) => void warnings.push(text) } };
    const first = await scoreDataset(again, context);
    const read = (): unknown => JSON.parse(readFileSync(summaryPath, 'utf8'));
    assert.ok(0 < first.seconds);
    await scoreDataset(again, context);
    assert.deepEqual([read(), warnings], [first, []]);
    const late = { ...first, seconds: 0, rowsPerSecond: 0, tokensPerSecond: 0 };
    for (const content of ['', '[]', JSON.stringify({ ...first, rows: 1 })]) {
      writeFileSync(summaryPath, content);
      await scoreDataset(again, context);
      assert.deepEqual(read(), late);
      assert.match(warnings.pop() ?? '', /^the times in .*summary\.json are 0: /);
    }
    rmSync(summaryPath);
    await scoreDataset(again, context);
    assert.deepEqual(read(), late);
  });

  it('says what to do about a complete table, of which there is no summary', async () => {
    const path = join(folder(), 'x.csv');
    const again = { ...params(new FakeModel(), 'x.csv'), output: { path, format: 'csv' }, resume: true } as const;
    await scoreDataset(again, quietContext());
    const complete = /x\.csv is complete: there is nothing to resume$/;
    const { hint } = await rejects(() => scoreDataset(again, quietContext()), 'exists', complete);
    assert.equal(hint, 'to score again remove it, or choose another output');
    const summaryPath = join(folder(), 'summary.json');
    const summarised = await rejects(() => scoreDataset({ ...again, summaryPath }, quietContext()), 'exists', complete);
    assert.match(summarised.hint ?? '', /^to score again and for a summary, which a table does not give, remove it, /);
    assert.ok(!existsSync(summaryPath));
  });

  for (const [suffix, what] of [
    ['', 'output'],
    ['.journal', 'journal'],
    ['.part', 'part file'],
  ] as const) {
    it(`refuses a device or a folder in the place of the ${what}, which may never end`, async function () {
      if (process.platform === 'win32') return this.skip();
      const device = { ...params(new FakeModel(), 'device.jsonl'), resume: true };
      symlinkSync('/dev/zero', join(folder(), `device.jsonl${suffix}`));
      await rejects(
        () => scoreDataset(device, quietContext()),
        'exists',
        /device\S+ exists and is not a regular file$/,
      );
      const other = { ...params(new FakeModel(), 'folder.jsonl'), resume: true };
      mkdirSync(join(folder(), `folder.jsonl${suffix}`));
      await rejects(() => scoreDataset(other, quietContext()), 'exists', /folder\S+ exists and is not a regular file$/);
    });
  }

  it('refuses a journal that is huge or none, and leaves it as it is', async () => {
    const path = join(folder(), 'x.jsonl.journal');
    for (const content of ['my notes\n', '{"alidadeJournal":2,"key":{}}\n', '\0'.repeat(1_000_001)]) {
      writeFileSync(path, content);
      const error = await rejects(
        () => scoreDataset(params(new FakeModel(), 'x.jsonl'), quietContext()),
        'format',
        /x\.jsonl\.journal: it is no journal of a run$/,
      );
      assert.match(error.hint ?? '', /^to begin anew, remove it and .*x\.jsonl\.part; or choose another output$/);
      assert.equal(readFileSync(path, 'utf8'), content);
    }
    truncateSync(path, 300_000_000);
    const huge = params(new FakeModel(), 'x.jsonl');
    await rejects(() => scoreDataset(huge, quietContext()), 'format', /with 300000000 bytes it is too large/);
  });

  it('begins anew where a run was killed within the first line of its journal', async () => {
    writeFileSync(join(folder(), 'x.jsonl.journal'), '{"alidadeJournal":1,"ke');
    const { rows } = await scoreDataset(params(new FakeModel(), 'x.jsonl'), quietContext());
    assert.equal(rows, count);
  });

  for (const format of ['jsonl', 'csv', 'parquet'] as const) {
    it(`says that the disk is full, leaves no half .${format} in place, and goes on when there is room`, async () => {
      const score = (name: string): Promise<unknown> => {
        const output = { path: join(folder(), `${name}.${format}`), format };
        return scoreDataset({ ...params(new FakeModel(), name), output, resume: true }, quietContext());
      };
      const all = await onLimitedDisk(() => score('whole'));
      const whole = readFileSync(join(folder(), `whole.${format}`));
      const places: Readonly<Record<string, number>> = {
        journal: 50,
        rows: 20_000,
        ...(format !== 'jsonl' && { table: all - Math.round(whole.length / 2) }),
      };
      for (const [place, room] of Object.entries(places)) {
        const name = `full-${place}`;
        const end = { journal: 'journal', rows: 'part', table: 'table' }[place];
        const message = new RegExp(`${name}\\.${format}\\.${end} does not fit on the disk$`);
        const refused = () => rejects(() => score(name), 'no_space', message);
        await onLimitedDisk(async () => {
          const { hint } = await refused();
          if (place !== 'journal') assert.match(hint ?? '', /^\d{3,} rows are kept: the same command with --resume/);
        }, room);
        assert.ok(!existsSync(join(folder(), `${name}.${format}`)), place);
        await score(name);
        assert.ok(readFileSync(join(folder(), `${name}.${format}`)).equals(whole), place);
      }
    });
  }
});
