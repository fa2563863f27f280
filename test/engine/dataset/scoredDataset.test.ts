import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { DatasetQuery } from '../../../src/core/dataset/datasetQuery';
import { parseDataFile, type DataRow } from '../../../src/core/promptFile/parseDataFile';
import { ScoredDataset } from '../../../src/engine/dataset/scoredDataset';
import { quietContext } from '../../fixtures/quietContext';

const context = quietContext();
const all: DatasetQuery = { kind: 'single', sort: 'place', descending: false, subset: null, range: null };
const everything = { offset: 0, count: 1000 };

describe('the scores of a file as they are read', () => {
  let folder = '';
  let part = '';
  let output = '';
  let source = '';
  let opened = 0;
  let closed = 0;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-dataset-'));
    [part, output] = [join(folder, 'scores.jsonl.part'), join(folder, 'scores.jsonl')];
    [opened, closed] = [0, 0];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function* openRows(): AsyncGenerator<DataRow> {
    opened += 1;
    try {
      yield* parseDataFile({ text: source, format: 'jsonl' }).rows;
      await Promise.resolve();
    } finally {
      closed += 1;
    }
  }

  function dataset(): ScoredDataset {
    return new ScoredDataset({ outputPaths: [output, part], openRows });
  }

  /** The source has a blank line before each row. */
  function sourceOf(ids: readonly string[]): string {
    return ids.map((id) => `\n${JSON.stringify({ id, prompt: `Ask ${id}`, response: 'Yes' })}\n`).join('');
  }

  function line(id: string, score: number): string {
    return `${JSON.stringify({ id, score, tokens: 3, truncated: false, objectives: [] })}\n`;
  }

  it('are read as far as whole lines go, and later from there on', async () => {
    source = sourceOf(['a', 'b', 'c']);
    writeFileSync(part, line('a', 1) + line('b', 2).slice(0, 20));
    const scores = dataset();
    await scores.refresh(context);
    assert.equal(scores.overview().rows, 1);
    appendFileSync(part, line('b', 2).slice(20) + line('c', 3));
    await scores.refresh(context);
    assert.equal(scores.overview().rows, 3);
    const { rows, total } = await scores.page(all, everything);
    assert.equal(total, 3);
    assert.deepEqual(
      rows.map(({ id, rank, line: at, excerpt }) => [id, rank, at, excerpt]),
      [
        ['a', 1, 1, 'Ask a'],
        ['b', 2, 3, 'Ask b'],
        ['c', 3, 5, 'Ask c'],
      ],
    );
    assert.equal(opened, 1, 'the source is read once');
  });

  it('stay when the output gets its final name, and are read anew when it is another one', async () => {
    source = sourceOf(['a', 'b']);
    writeFileSync(part, line('a', 1) + line('b', 2));
    const scores = dataset();
    await scores.refresh(context);
    renameSync(part, output);
    await scores.refresh(context);
    assert.equal((await scores.page(all, everything)).rows.length, 2);
    writeFileSync(output, line('a', 9));
    await scores.refresh(context);
    const { rows } = await scores.page(all, everything);
    assert.deepEqual(
      rows.map(({ rank }) => rank),
      [9],
    );
    assert.equal(scores.overview().rows, 1);
  });

  it('are shown without their places when the source is another one, and its file is closed', async () => {
    source = sourceOf(['a', 'x', 'c']);
    writeFileSync(output, line('a', 1) + line('b', 2) + line('c', 3));
    const scores = dataset();
    await scores.refresh(context);
    assert.equal(scores.sourceProblem, 'the file has changed since it was scored');
    const { rows } = await scores.page(all, everything);
    assert.deepEqual(
      rows.map(({ line: at }) => at),
      [1, null, null],
    );
    assert.deepEqual([opened, closed], [1, 1]);
  });

  it('give pages of a sorted table', async () => {
    const count = 2500;
    const ids = Array.from({ length: count }, (_, index) => String(index));
    source = sourceOf(ids);
    writeFileSync(output, ids.map((id) => line(id, (Number(id) * 7919) % count)).join(''));
    const scores = dataset();
    await scores.refresh(context);
    const query: DatasetQuery = { ...all, sort: 'rank', descending: true };
    const { rows, total } = await scores.page(query, { offset: 100, count: 3 });
    assert.equal(total, count);
    assert.deepEqual(
      rows.map(({ rank }) => rank),
      [2399, 2398, 2397],
    );
    const past = await scores.page(query, { offset: count + 5, count: 10 });
    assert.deepEqual([past.rows, past.total], [[], count]);
  });

  it('know a row of the source again, and say so when it is gone', async () => {
    source = sourceOf(['a', 'b']);
    writeFileSync(output, line('a', 1));
    const scores = dataset();
    assert.equal((await scores.sourceRow(1, context)).id, 'b');
    await assert.rejects(scores.sourceRow(2, context), /has 2 rows now, and row 3 is not there/);
  });

  it('say what is wrong: no output, a line that is no score, cancelled', async () => {
    await assert.rejects(dataset().refresh(context), (error) => isCode(error, 'not_found'));
    source = sourceOf(['a']);
    writeFileSync(output, `${line('a', 1)}{"id":"b"}\n`);
    const scores = dataset();
    await assert.rejects(scores.refresh(context), /line 2 is no scored row/);
    assert.equal(scores.overview().rows, 1, 'what came before is there');
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(dataset().refresh(quietContext(controller.signal)), (error) => isCode(error, 'cancelled'));
  });
});

function isCode(error: unknown, code: AlidadeError['code']): boolean {
  return error instanceof AlidadeError && error.code === code;
}
