import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlidadeError } from '../../src/core/alidadeError';
import type { Progress } from '../../src/core/jobContext';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from '../../src/core/reward/rewardBreakdown';
import { readRunPairs, scoreFilePairs } from '../../src/extension/reward/labelledPairs';
import type { ScoreRowsResult } from '../../src/protocol/sidecar';

/** A score is the length of what was said. */
function breakdownOf(length: number): RewardBreakdown {
  const objectives = [{ name: 'length', reward: length, coefficient: 1, contribution: length }];
  return { score: length, tokens: length, truncated: false, objectives, lastHidden: [1, 2, 3] };
}

function scoreOf(row: ScorableRow): ScoredRow {
  if (row.kind !== 'pair') assert.fail('only pairs are scored');
  const [chosen, rejected] = [row.chosen, row.rejected].map((input) => {
    if (input.kind !== 'messages') assert.fail('pairs of conversations');
    return breakdownOf(input.messages.at(-1)?.content.length ?? 0);
  });
  return { id: row.id, chosen, rejected, margin: chosen.score - rejected.score };
}

const resultOf = (rows: readonly ScoredRow[], hash = 'own'): ScoreRowsResult =>
  ({ rows, model: { hash } }) as unknown as ScoreRowsResult;

describe('labelled pairs for the breakdown page', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'alidade-pairs-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const pair = (id: number): string =>
    JSON.stringify({ id: `p${id}`, prompt: 'q', chosen: 'longer', rejected: 'short' });
  const mixed = [
    pair(0),
    'no JSON',
    '{"prompt":"q","completion":"only one"}',
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(pair),
  ];

  it('scores the pairs of a file in batches, and leaves states behind', async () => {
    const batches: number[] = [];
    const told: Progress[] = [];
    const scores = {
      scoreBatch: (rows: readonly ScorableRow[]) => {
        batches.push(rows.length);
        return Promise.resolve(resultOf(rows.map(scoreOf)));
      },
    };
    const params = { modelHash: 'own', scores, onProgress: (step: Progress) => told.push(step) };
    const lines = write('rows.jsonl', mixed.join('\n'));
    const found = await scoreFilePairs(lines, { ...params, signal: new AbortController().signal });
    assert.deepEqual(batches, [8, 2]);
    assert.deepEqual(
      told.map(({ done, total }) => [done, total]),
      [
        [0, 10],
        [8, 10],
      ],
    );
    assert.equal(found.source, 'rows.jsonl');
    assert.equal(found.pairs.length, 10);
    assert.equal(found.isWhole, true);
    assert.equal('lastHidden' in found.pairs[0].chosen, false);
    const list = write('rows.json', `[${[pair(0), pair(1)].join(',\n')}]`);
    const ofList = await scoreFilePairs(list, { ...params, signal: new AbortController().signal });
    assert.equal(ofList.pairs.length, 2);
  });

  it('gives what is scored when it is stopped, and refuses the scores of another model', async () => {
    const path = write('rows.jsonl', mixed.join('\n'));
    const stop = new AbortController();
    const scores = {
      scoreBatch: (rows: readonly ScorableRow[]) => {
        if (rows.length < 8) {
          stop.abort();
          return Promise.reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
        }
        return Promise.resolve(resultOf(rows.map(scoreOf)));
      },
    };
    const params = { modelHash: 'own', scores, onProgress: () => undefined, signal: stop.signal };
    const found = await scoreFilePairs(path, params);
    assert.deepEqual([found.pairs.length, found.isWhole], [8, false]);
    const other = {
      scoreBatch: (rows: readonly ScorableRow[]) => Promise.resolve(resultOf(rows.map(scoreOf), 'other')),
    };
    await assert.rejects(
      scoreFilePairs(path, { ...params, scores: other, signal: new AbortController().signal }),
      (error) => error instanceof AlidadeError && error.code === 'usage',
    );
    await assert.rejects(scoreFilePairs(join(folder, 'none.jsonl'), params), /none\.jsonl/);
  });

  it('reads the first thousand pairs of a run', async () => {
    const line = (id: number): string =>
      JSON.stringify({ id: `p${id}`, chosen: breakdownOf(2), rejected: breakdownOf(1), margin: 1 });
    const lines = [
      ...Array.from({ length: 999 }, (_, id) => line(id)),
      '{"id":"bad","error":{"code":"row","message":"x"}}',
    ];
    const outputPath = write('scores.jsonl', `${lines.join('\n')}\n${line(999)}\n`);
    const run = { input: '/data/pairs.jsonl', outputPath, modelHash: 'own' };
    const whole = await readRunPairs(run);
    assert.deepEqual([whole.source, whole.pairs.length, whole.errors, whole.isWhole], ['pairs.jsonl', 1000, 1, true]);
    write('scores.jsonl', `${lines.join('\n')}\n${line(999)}\n${line(1000)}\n`);
    const part = await readRunPairs(run);
    assert.deepEqual([part.pairs.length, part.isWhole], [1000, false]);
  });
});
