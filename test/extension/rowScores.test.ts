import assert from 'node:assert/strict';
import { AlidadeError } from '../../src/core/alidadeError';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { ScoringClient } from '../../src/extension/reward/rowScores';
import { RowScores } from '../../src/extension/reward/rowScores';
import { setSetting } from './workbench';

/** Requests end only when they are cancelled. */
const stuck: ScoringClient = {
  scoreRow: (_row, { signal, progress }) => {
    progress?.({ message: 'Converting weights' });
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' })));
    });
  },
  scoreRows: () => Promise.reject(new AlidadeError({ code: 'not_found', message: 'no model' })),
  explainRow: () => Promise.reject(new AlidadeError({ code: 'not_found', message: 'no model' })),
  growRow: () => assert.fail('nobody asked'),
};

function rowOf(text: string): ScorableRow {
  return { kind: 'single', id: text, input: { kind: 'text', text } };
}

describe('the scores that the editor knows', () => {
  it('forgets what was cancelled while other rows run, and the step once nothing runs', async () => {
    const scores = new RowScores(stuck);
    const [first, second] = ['first', 'second'].map((text) => {
      const controller = new AbortController();
      const row = rowOf(text);
      const done = scores.score(row, { signal: controller.signal, priority: 'interactive' }).catch(() => {});
      return { row, controller, done };
    });
    assert.ok(first && second);
    assert.equal(scores.known(first.row)?.kind, 'running');
    assert.equal(scores.step?.message, 'Converting weights');
    first.controller.abort();
    await first.done;
    assert.equal(scores.known(first.row), null);
    assert.equal(scores.known(second.row)?.kind, 'running');
    second.controller.abort();
    await second.done;
    assert.equal(scores.known(second.row), null);
    assert.equal(scores.step, null);
    scores.dispose();
  });

  it('counts a row as running until everybody who asked for it has an answer', async () => {
    const scores = new RowScores(stuck);
    const row = rowOf('same');
    const [one, other] = [new AbortController(), new AbortController()];
    const pending = [one, other].map(({ signal }) => scores.score(row, { signal, priority: 'background' }));
    one.abort();
    await assert.rejects(pending[0] ?? assert.fail(), /cancelled/);
    assert.equal(scores.known(row)?.kind, 'running');
    other.abort();
    await assert.rejects(pending[1] ?? assert.fail(), /cancelled/);
    assert.equal(scores.known(row), null);
    scores.dispose();
  });

  it('tells every score of a batch and every row that has none, and knows them afterwards', async () => {
    const model = {} as RewardModelDescription;
    const scored = { id: 'good', score: 1, tokens: 1, truncated: false, objectives: [] };
    const failed = { id: 'long', error: { code: 'too_long', message: 'too long' } } as const;
    const client = { ...stuck, scoreRows: () => Promise.resolve({ rows: [scored, failed], model }) };
    const scores = new RowScores(client);
    const learnt: string[] = [];
    scores.onDidLearn(({ row, score }) => learnt.push(`${row.id} ${score.kind}`));
    const rows = ['good', 'long'].map(rowOf);
    await scores.scoreBatch(rows, { signal: new AbortController().signal, priority: 'background' });
    assert.deepEqual(learnt, ['good scored', 'long failed']);
    assert.deepEqual(
      rows.map((row) => scores.known(row)?.kind),
      ['scored', 'failed'],
    );
    scores.dispose();
  });

  it('forgets a failure of the model that was in use before the settings changed', async () => {
    let fail = (): void => {};
    const failing: ScoringClient = {
      ...stuck,
      scoreRow: () =>
        new Promise((_resolve, reject) => {
          fail = () => reject(new AlidadeError({ code: 'not_found', message: 'no such model' }));
        }),
    };
    const scores = new RowScores(failing);
    const asked = scores.score(rowOf('any'), { signal: new AbortController().signal, priority: 'background' });
    await setSetting('maxTokens', 77);
    fail();
    await assert.rejects(asked, /no such model/);
    assert.equal(scores.modelFailure, null);
    await setSetting('maxTokens', undefined);
    scores.dispose();
  });

  it('remembers that the model is missing, until something changes', async () => {
    const scores = new RowScores(stuck);
    const asked = scores.explain(rowOf('any'), { signal: new AbortController().signal, priority: 'interactive' });
    await assert.rejects(asked, /no model/);
    assert.equal(scores.isStarterMissing, true);
    scores.forgetModelFailure();
    assert.equal(scores.isStarterMissing, false);
    scores.dispose();
  });
});
